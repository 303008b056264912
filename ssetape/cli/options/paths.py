"""How verbs take paths."""

import click

# So that shells complete it, and for nothing else: who opens a file says best why it cannot.
PATH = click.Path(readable=False)
