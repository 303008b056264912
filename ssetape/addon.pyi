from addon import base_urls as base_urls
from addon import browser as browser
from addon import child as child
from addon import embed as embed
from addon import ends as ends
from addon import record as record
from addon import recordings as recordings
from addon import trust as trust
