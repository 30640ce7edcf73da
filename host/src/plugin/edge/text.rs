//! What a text of a plugin's may be: how long, and of which form. Every text passes one of these.
use super::{Checked, Wrong};
use decide::{
    model::{Json, Uid},
    text::draws,
};

/// A word or a value: the length of the longest name Kubernetes knows.
pub(in crate::plugin) const SHORT: usize = 253;
/// A sentence.
pub(in crate::plugin) const LINE: usize = 1 << 10;
/// A paragraph.
pub(in crate::plugin) const LONG: usize = 4 << 10;

/// Any text, of at most so many bytes: nothing that moves a cursor, ends a string early, turns it around or is not seen.
pub(in crate::plugin) fn plain(text: String, most: usize) -> Checked<String> {
    bounded(text, most, draws)
}

/// A text of several lines.
pub(in crate::plugin) fn lines(text: String, most: usize) -> Checked<String> {
    bounded(text, most, |c| draws(c) && c != '\n' && c != '\t')
}

/// One line that is there.
pub(in crate::plugin) fn line(text: String, most: usize) -> Checked<String> {
    match text.trim().is_empty() {
        true => Err(Wrong::new("is empty")),
        false => plain(text, most),
    }
}

fn bounded(text: String, most: usize, bad: fn(char) -> bool) -> Checked<String> {
    if text.len() > most {
        return Err(Wrong::new(format!("is {} bytes, and at most {most} are taken", text.len())));
    }
    match text.chars().find(|c| bad(*c)) {
        Some(c) => {
            let what = if c.is_control() { "control character" } else { "invisible character" };
            Err(Wrong::new(format!("has the {what} U+{:04X} in it", u32::from(c))))
        }
        None => Ok(text),
    }
}

fn like(text: String, what: &str, ok: impl Fn(&str) -> bool) -> Checked<String> {
    match ok(&text) {
        true => Ok(text),
        false => {
            let shown: String = text.chars().take(80).collect();
            Err(Wrong::new(format!("{shown:?} is no {what}")))
        }
    }
}

/// RFC 1123 label.
pub(in crate::plugin) fn label(text: String) -> Checked<String> {
    like(text, "RFC 1123 label", is_label)
}

/// RFC 1123 subdomain, of at most so many bytes.
pub(in crate::plugin) fn subdomain(text: String, most: usize) -> Checked<String> {
    let what = format!("RFC 1123 name of at most {most} bytes");
    like(text, &what, |s| s.len() <= most && s.split('.').all(is_label))
}

/// The name of an object. Most are RFC 1123; those of RBAC and a few others are path segments.
pub(in crate::plugin) fn object_name(text: String) -> Checked<String> {
    like(text, "name of an object", |s| {
        !s.is_empty()
            && s.len() <= SHORT
            && s != "."
            && s != ".."
            && s.bytes().all(|b| b.is_ascii_graphic() && !b"/%\"'\\`$".contains(&b))
            && !s.starts_with('-')
    })
}

/// The namespace of an object.
pub(in crate::plugin) fn namespace(text: Option<String>) -> Checked<Option<String>> {
    text.map(|ns| like(ns, "namespace", is_label)).transpose()
}

/// snake_case, so that it is a name in Kubernetes too once its `_` are `-`.
pub(in crate::plugin) fn snake_case(text: String, most: usize) -> Checked<String> {
    let what = format!("snake_case name of at most {most} bytes");
    like(text, &what, |s| {
        let word = |w: &str| !w.is_empty() && w.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        s.len() <= most && s.starts_with(|c: char| c.is_ascii_lowercase()) && s.split('_').all(word)
    })
}

/// `OwnedByAutoscaler`.
pub(in crate::plugin) fn reason(text: String) -> Checked<String> {
    like(text, "reason in UpperCamelCase of at most 64 bytes", |s| {
        s.len() <= 64 && s.starts_with(|c: char| c.is_ascii_uppercase()) && s.bytes().all(|b| b.is_ascii_alphanumeric())
    })
}

/// `Deployment`.
pub(in crate::plugin) fn kind(text: String) -> Checked<String> {
    like(text, "kind", |s| {
        s.len() <= 63 && s.starts_with(|c: char| c.is_ascii_uppercase()) && s.bytes().all(|b| b.is_ascii_alphanumeric())
    })
}

/// RFC 6901. Empty: the whole document.
pub(in crate::plugin) fn pointer(text: String) -> Checked<String> {
    let text = plain(text, LINE)?;
    like(text, "JSON Pointer (RFC 6901)", |s| {
        let escapes = || s.split('~').skip(1).all(|after| after.starts_with(['0', '1']));
        s.is_empty() || s.starts_with('/') && escapes()
    })
}

/// `1.4.0`, `2.0.0-rc.1+5`.
pub(in crate::plugin) fn semver(text: String) -> Checked<String> {
    like(text, "semantic version of at most 64 bytes", |s| {
        let word = |w: &str| !w.is_empty() && w.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let number = |n: &str| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()) && (n == "0" || !n.starts_with('0'));
        let (s, build) = s.split_once('+').map_or((s, None), |(s, b)| (s, Some(b)));
        let (core, pre) = s.split_once('-').map_or((s, None), |(s, p)| (s, Some(p)));
        let dotted = |part: Option<&str>| part.is_none_or(|p| p.split('.').all(word));
        s.len() <= 64 && core.split('.').count() == 3 && core.split('.').all(number) && dotted(pre) && dotted(build)
    })
}

/// uid of an object.
pub(in crate::plugin) fn uid(text: String) -> Checked<Uid> {
    let text =
        like(text, "uid", |s| !s.is_empty() && s.len() <= 63 && s.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'))?;
    Uid::try_from(text).map_err(|e| Wrong::new(e.to_string()))
}

/// One JSON document of at most so many bytes, in canonical form; and what it says.
pub(in crate::plugin) fn json(text: &str, most: usize) -> Checked<(Json, serde_json::Value)> {
    if text.len() > most {
        return Err(Wrong::new(format!("is {} bytes of JSON, and at most {most} are taken", text.len())));
    }
    let value = crate::plugin::json::read(text).map_err(|e| Wrong::new(format!("is no JSON that is taken: {e}")))?;
    let canonical = decide::canonical::json(&value).map_err(|e| Wrong::new(e.to_string()))?;
    Ok((canonical, value))
}

fn is_label(s: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    !s.is_empty() && s.len() <= 63 && s.bytes().all(inner) && !s.starts_with('-') && !s.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(check: impl Fn(String) -> bool, good: &[&str], bad: &[&str]) {
        for text in good {
            assert!(check((*text).to_owned()), "refused: {text:?}");
        }
        for text in bad {
            assert!(!check((*text).to_owned()), "taken: {text:?}");
        }
    }

    #[test]
    fn each_form_takes_what_it_is_and_nothing_else() {
        let long = "a".repeat(64);
        taken(|s| label(s).is_ok(), &["a", "a-1", &"a".repeat(63)], &["", "-a", "a-", "A", "a.b", "a_b", "a\n", &long]);
        taken(|s| subdomain(s, 63).is_ok(), &["patch.json", "a"], &["", ".", "a..b", "../x", "a/b", &long]);
        taken(
            |s| object_name(s).is_ok(),
            &["web", "system:node", "a.b_C"],
            &["", ".", "..", "a/b", "-o=x", "a b", "a\0", "a%2f", "ä"],
        );
        taken(|s| snake_case(s, 48).is_ok(), &["scale_deployment", "a1_b2"], &["", "_a", "a_", "a__b", "1a", "A", "a-b", &long]);
        taken(|s| reason(s).is_ok(), &["OwnedByAutoscaler", "A1"], &["", "owned", "Owned By", "Ä"]);
        taken(|s| pointer(s).is_ok(), &["", "/", "/a/b~0c~1d", "/spec/replicas"], &["a", "/a~", "/a~2", "/a\n"]);
        taken(
            |s| semver(s).is_ok(),
            &["1.4.0", "0.0.1-rc.1", "1.0.0+b-1"],
            &["", "1", "1.0", "01.0.0", "1.0.0-", "1.0.0 ", "v1.0.0"],
        );
        taken(|s| uid(s).is_ok(), &["6d1f0c3e-0000-4000-8000-000000000001"], &["", "a b", "a/b", &"a".repeat(64)]);
        taken(|s| line(s, 10).is_ok(), &["a b"], &["", " ", "a\nb", "\u{1b}[31m", "12345678901"]);
        taken(|s| line(s, 20).is_ok(), &["é א 🚀"], &["a\u{202e}b", "a\u{200b}b", "\u{2066}a", "\u{feff}a", "a\u{2028}b"]);
        taken(|s| subdomain(s, 5).is_ok(), &["a.b.c"], &["a.b.cd"]);
        taken(|s| object_name(s).is_ok(), &[&"a".repeat(253)], &[&"a".repeat(254)]);
        taken(|s| reason(s).is_ok(), &[&"A".repeat(64)], &[&"A".repeat(65)]);
        taken(|s| kind(s).is_ok(), &["Pod", &"A".repeat(63)], &["", "pod", "Pod/x", &"A".repeat(64)]);
        taken(|s| semver(s).is_ok(), &[&format!("1.0.0-{}", "a".repeat(58))], &[&format!("1.0.0-{}", "a".repeat(59))]);
        taken(|s| lines(s, 10).is_ok(), &["", "a\nb"], &["a\rb", "a\0", "a\u{202e}b", "a\u{200d}b"]);
    }
}
