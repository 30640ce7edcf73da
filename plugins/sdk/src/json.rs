//! JSON as plugins meet it: pointers (RFC 6901), the difference of two documents, and text that the API server's JSON
//! Patch compares as equal. Knows nothing of actions or of the contract.
use serde_json::Value;

/// What stands in for a value that is not there.
pub(crate) static NOTHING: Value = Value::Null;

/// A Rust value as JSON, for the arguments of builders.
pub trait IntoJson {
    /// `Null` where there is nothing: in Kubernetes an absent field and a null one are the same.
    fn into_json(self) -> Value;
}

macro_rules! into_json {
    ($($t:ty),*) => {$(impl IntoJson for $t { fn into_json(self) -> Value { Value::from(self) } })*};
}
into_json!(bool, i8, i16, i32, i64, u8, u16, u32, u64, f64, &str, String, Value);

impl IntoJson for &Value {
    fn into_json(self) -> Value {
        self.clone()
    }
}

impl<T: IntoJson> IntoJson for Option<T> {
    fn into_json(self) -> Value {
        self.map_or(Value::Null, T::into_json)
    }
}

impl<T: IntoJson> IntoJson for Vec<T> {
    fn into_json(self) -> Value {
        Value::Array(self.into_iter().map(T::into_json).collect())
    }
}

/// The value a pointer leads to; `Null` where it leads nowhere.
#[must_use]
pub fn at<'a>(document: &'a Value, pointer: &str) -> &'a Value {
    document.pointer(pointer).unwrap_or(&NOTHING)
}

/// One name, escaped to be a part of a pointer: `a/b` is `a~1b`.
#[must_use]
pub fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// A field that differs: where, and what it was and will be (`Null`: not there).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// pointer into the document the comparison began in
    pub at: String,
    /// what is there now
    pub before: Value,
    /// what is to be there
    pub after: Value,
}

/// All that differs between two documents that both stand at `base`. Objects are walked; a list is walked where its
/// length stays, and is one difference where it does not, because then positions do not mean the same any more.
#[must_use]
pub fn differences(base: &str, before: &Value, after: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    walk(base, before, after, &mut found);
    found
}

fn walk(at: &str, before: &Value, after: &Value, found: &mut Vec<Difference>) {
    match (before, after) {
        (Value::Object(b), Value::Object(a)) => {
            let added = a.keys().filter(|k| !b.contains_key(*k));
            for key in b.keys().chain(added) {
                let here = format!("{at}/{}", escape(key));
                walk(&here, b.get(key).unwrap_or(&NOTHING), a.get(key).unwrap_or(&NOTHING), found);
            }
        }
        (Value::Array(b), Value::Array(a)) if b.len() == a.len() => {
            for (i, (b, a)) in b.iter().zip(a).enumerate() {
                walk(&format!("{at}/{i}"), b, a, found);
            }
        }
        _ if before == after => {}
        _ => found.push(Difference { at: at.to_owned(), before: before.clone(), after: after.clone() }),
    }
}

/// JSON text as Go writes it. The API server compares the strings of a JSON Patch `test` byte by byte with its own encoding,
/// and Go writes `&`, `<`, `>`, U+2028 and U+2029 escaped: without this no template with `a && b` in it passes its `test`.
#[must_use]
pub fn as_go_writes(value: &Value) -> String {
    let plain = value.to_string();
    let mut text = String::with_capacity(plain.len());
    // outside of strings JSON has none of these, so they can be replaced wherever they stand
    for c in plain.chars() {
        match c {
            '&' => text.push_str("\\u0026"),
            '<' => text.push_str("\\u003c"),
            '>' => text.push_str("\\u003e"),
            '\u{2028}' => text.push_str("\\u2028"),
            '\u{2029}' => text.push_str("\\u2029"),
            c => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn differences_name_what_changes_and_nothing_else() {
        let before = json!({"a": 1, "b": {"c": [1, 2], "x/y": true}, "gone": 0, "same": [{}]});
        let after = json!({"a": 2, "b": {"c": [1, 3], "x/y": false}, "new": "n", "same": [{}]});
        let found: Vec<_> = differences("/spec", &before, &after).into_iter().map(|d| (d.at, d.before, d.after)).collect();
        assert_eq!(
            found,
            [
                ("/spec/a".into(), json!(1), json!(2)),
                ("/spec/b/c/1".into(), json!(2), json!(3)),
                ("/spec/b/x~1y".into(), json!(true), json!(false)),
                ("/spec/gone".into(), json!(0), Value::Null),
                ("/spec/new".into(), Value::Null, json!("n")),
            ]
        );
    }

    #[test]
    fn a_list_that_changes_its_length_is_one_difference() {
        let found = differences("", &json!({"l": [1, 2]}), &json!({"l": [1]}));
        assert_eq!(found, [Difference { at: "/l".into(), before: json!([1, 2]), after: json!([1]) }]);
    }

    #[test]
    fn strings_are_written_as_the_api_server_writes_them() {
        let text = as_go_writes(&json!({"c": "a && b <c> \u{2028}\n\u{8}\u{1}"}));
        assert_eq!(text, r#"{"c":"a \u0026\u0026 b \u003cc\u003e \u2028\n\b\u0001"}"#);
        let back: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(back["c"], "a && b <c> \u{2028}\n\u{8}\u{1}");
    }
}
