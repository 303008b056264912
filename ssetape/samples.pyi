from samples import fetch as fetch
from samples import server as server
from samples import streams as streams
