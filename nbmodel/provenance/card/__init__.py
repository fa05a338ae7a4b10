"""The model card of a version.

=======================  ============================================================
`custom_sections`        the parts of a card that the user wrote
`model_card`             the card, from the manifest and the user's parts
=======================  ============================================================
"""
