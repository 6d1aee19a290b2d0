"""Pages in the browsers of the officers' own computers."""
