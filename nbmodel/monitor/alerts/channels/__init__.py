"""The ways to send a notification of an alert: one file each, and one row in `table`.

============  ==================================================================
`table`       the channels by kind; what a text such as ``slack:URL`` names
`base`        what a notification is, and what a channel is
`facts`       an alert as a title, facts and a command
`log`         the program's log
`webhook`     an alert as JSON, posted to a URL
`slack`       an incoming webhook of Slack
`mattermost`  an incoming webhook of Mattermost
`mail`        mail by SMTP
============  ==================================================================
"""
