from replay import matching as matching
from replay import pacing as pacing
from replay import pages as pages
from replay import server as server
from replay import verify as verify
from replay import websocket as websocket
from replay import websocket_schedule as websocket_schedule
