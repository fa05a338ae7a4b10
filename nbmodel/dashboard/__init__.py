"""The registry for those who only look.

=============  ==================================================================
serve          a server of our own: standalone Voilà on one notebook
app            that Voilà: what it serves, to whom, with which headers
address        host, port and token
policy         what a page may load and run
static_page    one HTML file that needs no server
embedded       the data of that file
reports        the last report of each monitored model in that file
search_values  what a search in that file compares, where it shows something else
packing        how the data is written into that file
=============  ==================================================================
"""
