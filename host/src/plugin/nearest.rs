//! "Did you mean": the nearest of some names.

/// How many letters must be put in, taken out or changed to make one of the other.
#[must_use]
pub fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut before = i + 1;
        let mut next = vec![before];
        for ((&diagonal, &above), &y) in row.iter().zip(row.iter().skip(1)).zip(&b) {
            before = (diagonal + usize::from(x != y)).min(above + 1).min(before + 1);
            next.push(before);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

/// The nearest, if it is near: further apart than a third of the word is another word.
#[must_use]
pub fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let limit = word.chars().count().div_ceil(3);
    known.map(|k| (edit_distance(word, k), k)).min().filter(|(distance, _)| *distance <= limit).map(|(_, k)| k)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distance_is_that_of_levenshtein() {
        for (a, b, distance) in [("", "", 0), ("", "abc", 3), ("replicas", "replica", 1), ("kitten", "sitting", 3), ("ü", "u", 1)]
        {
            assert_eq!(edit_distance(a, b), distance, "{a} {b}");
            assert_eq!(edit_distance(b, a), distance, "{b} {a}");
        }
    }

    #[test]
    fn only_what_is_near_is_meant() {
        let known = ["replicas", "paused"];
        assert_eq!(nearest("replcas", known.into_iter()), Some("replicas"));
        assert_eq!(nearest("max", known.into_iter()), None);
        assert_eq!(nearest("", known.into_iter()), None);
    }
}
