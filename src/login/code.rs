//! The codes that are sent by mail, as people type them.

/// The six digits, however they are grouped and in whatever script a keyboard writes them.
pub(super) fn read(typed: &str) -> Option<String> {
    let mut code = String::new();
    for letter in
        typed.chars().filter(|letter| !letter.is_whitespace() && !matches!(letter, '-' | '\u{200e}' | '\u{200f}'))
    {
        code.push(char::from_digit(digit(letter)?, 10)?);
    }
    (code.len() == 6).then_some(code)
}

/// ASCII, full-width, Arabic-Indic and Persian digits.
fn digit(letter: char) -> Option<u32> {
    [0x30, 0xff10, 0x0660, 0x06f0].into_iter().find_map(|zero| (letter as u32).checked_sub(zero).filter(|it| *it < 10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        for typed in ["123456", " 123 456 ", "123-456", "１２３４５６", "١٢٣٤٥٦", "۱۲۳ ۴۵۶", "12 34\u{a0}56"]
        {
            assert_eq!(read(typed).as_deref(), Some("123456"), "{typed}");
        }
        for typed in ["", "12345", "1234567", "12345a", "12345\0"] {
            assert_eq!(read(typed), None, "{typed:?}");
        }
    }
}
