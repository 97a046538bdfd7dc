"""The methods of the wire: sessions and dispatch, and one module of handlers per theme."""
