"""How closely players keep time: virtual ones by the hundred, and real browsers."""
