"""The demo shop: a made-up Brazilian online shop whose true churn is known.

Reads as `season` (when people buy) and `draws` (chance), then `behaviour` (who comes, buys and
leaves), then `tables` (the files a shop would export, with their mess), then `files`.
"""
