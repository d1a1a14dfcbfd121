//! Texts with numbers in them, made while compiling: for panics that the compiler shows as errors.

/// A text of at most [`MOST`] bytes; what is longer is cut.
pub(crate) struct Message {
    bytes: [u8; MOST],
    len: usize,
}

const MOST: usize = 1024;

impl Message {
    pub(crate) const fn new(text: &str) -> Self {
        Message { bytes: [0; MOST], len: 0 }.text(text)
    }

    pub(crate) const fn text(mut self, text: &str) -> Self {
        let text = text.as_bytes();
        let mut at = 0;
        while at < text.len() && self.len < MOST {
            self.bytes[self.len] = text[at];
            self.len += 1;
            at += 1;
        }
        self
    }

    pub(crate) const fn number(self, number: usize) -> Self {
        let mut digits = [0u8; 20];
        let (mut at, mut rest) = (digits.len(), number);
        loop {
            at -= 1;
            #[allow(clippy::cast_possible_truncation)] // one digit
            let digit = (rest % 10) as u8;
            digits[at] = b'0' + digit;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        match std::str::from_utf8(digits.split_at(at).1) {
            Ok(text) => self.text(text),
            Err(_) => self,
        }
    }

    pub(crate) const fn as_str(&self) -> &str {
        match std::str::from_utf8(self.bytes.split_at(self.len).0) {
            Ok(text) => text,
            // It was cut inside a character.
            Err(error) => match std::str::from_utf8(self.bytes.split_at(error.valid_up_to()).0) {
                Ok(text) => text,
                Err(_) => "",
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_numbers_follow_each_other() {
        assert_eq!(Message::new("a ").number(0).text(" b ").number(usize::MAX).as_str(), "a 0 b 18446744073709551615");
    }

    #[test]
    fn a_text_that_is_too_long_is_cut_between_characters() {
        let long = "ö".repeat(MOST);
        let message = Message::new("a").text(&long);
        assert_eq!(message.as_str().len(), MOST - 1);
    }
}
