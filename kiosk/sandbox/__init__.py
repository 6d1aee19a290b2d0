"""The embedded province: the province's API over real HTTP on loopback, to try things with."""
