from replay import matching as matching
from replay import pacing as pacing
from replay import server as server
from replay import verify as verify
