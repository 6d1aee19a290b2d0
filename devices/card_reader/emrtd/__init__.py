"""The chip of an ID card or passport: an eMRTD reader after ICAO Doc 9303, parts 3, 5, 10, 11 and 12.

What happens when a card is read, and where to read on:

1. **Open it** (`access`). The chip talks only to who knows something printed on the card, so that nobody reads it in a
   pocket. PACE (`pace`) turns a short number into a strong key by two Diffie-Hellman agreements on an elliptic curve:
   the first maps a secret nonce to a base point that only both sides know, the second is run on that point. BAC, the
   older way (`bac`), takes its keys straight from the machine-readable zone (`mrz`).
2. **Protect the line** (`secure_messaging`). Each command and answer is encrypted, counted and authenticated; the first
   that is not right ends the session.
3. **Read the files** (`channel`). DG1 and DG13 first, which fill in a form; then the face (DG2), the signature (SOD),
   the keys (DG14, DG15). `data_groups` knows what stands in them.
4. **Is it true?** (`security_object`, `trust`). The SOD holds a hash of every file, signed by a document signer, who is
   certified by the country. Changed data, or an unknown signer, shows here.
5. **Is it the chip that was issued?** (`chip_authentication`). A copy has all files, but not the private key of the
   public one that lies in the signed DG14 (or DG15).

`reader.read_chip` does all of it and tells each step as it happens; `results` are its values. A line to a card is
whatever has `transmit`, `reset` and `atr` (`devices.interfaces.CardConnection`).
"""
