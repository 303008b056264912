from samples import fetch as fetch
from samples import server as server
