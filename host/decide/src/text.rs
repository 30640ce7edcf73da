//! What a character does to whoever reads the text around it. Owns the one answer that everything goes by which takes words of others or
//! shows them.

/// It is not read as what it is: it moves the cursor, ends the line, turns around what stands beside it, or is not seen at all. Approvers
/// read what plugins, requesters and programs wrote: what they see is what is there.
#[must_use]
pub fn draws(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            // Zero-width space, joiners and marks of direction.
            '\u{200b}'..='\u{200f}'
            | '\u{061c}'
            // Separators of lines and paragraphs; embeddings and overrides of direction.
            | '\u{2028}'..='\u{202e}'
            // Word joiner, invisible operators, isolates of direction.
            | '\u{2060}'..='\u{2069}'
            // Byte order mark, wherever it stands.
            | '\u{feff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_seen_or_turns_the_text_around_draws_and_letters_of_any_script_do_not() {
        for c in ['\0', '\n', '\t', '\u{1b}', '\u{7f}', '\u{85}', '\u{200b}', '\u{200f}', '\u{2028}', '\u{202a}', '\u{202e}'] {
            assert!(draws(c), "U+{:04X}", u32::from(c));
        }
        for c in ['\u{2060}', '\u{2066}', '\u{2069}', '\u{feff}', '\u{061c}'] {
            assert!(draws(c), "U+{:04X}", u32::from(c));
        }
        for c in ['a', ' ', 'é', 'я', 'א', 'ع', '漢', '…', '–', '🚀', '\u{fffd}', '\u{a0}'] {
            assert!(!draws(c), "U+{:04X}", u32::from(c));
        }
    }
}
