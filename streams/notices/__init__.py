"""People are told (CONTRACT §8): deliveries to them are made, gathered into notices, sent, and tried until they arrive.

`making` decides to whom (in the outbox's transaction), `gathering` puts what is due into one notice an address, `sending`
carries notices out by the channels of `routing.yaml`, `following` tells of what people did. Nothing leaves before
`switch` says so.
"""
