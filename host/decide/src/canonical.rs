//! Canonical JSON (RFC 8785) and the hash over it. Owns how a value becomes bytes: what is hashed, stored and compared goes through
//! here. One deviation, on purpose: an integer that does not fit a double keeps its digits, because two different plans must not
//! share a hash. (Without its feature `float_roundtrip`, serde_json reads a double of more than 15 digits to within one unit of the
//! last place: the same text is always the same value, which is all that a hash needs.)
use crate::model::{Json, Malformed};
use serde::Serialize;
use serde_json::{Number, Value};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

mod unique;

/// The canonical text of a value.
///
/// # Errors
/// Where a number is not finite.
pub fn json(value: &Value) -> Result<Json, Malformed> {
    let mut out = String::new();
    write(&mut out, value)?;
    Json::try_from(out)
}

/// The canonical text of anything that serializes.
///
/// # Errors
/// Where it is no JSON (a map whose keys are no texts).
pub fn of<T: Serialize>(value: &T) -> Result<Json, Malformed> {
    let value = serde_json::to_value(value).map_err(|e| malformed(&e.to_string()))?;
    json(&value)
}

/// The canonical text of a JSON text: of what a plugin or a stored object says.
///
/// # Errors
/// Where it is no JSON.
pub fn again(text: &str) -> Result<Json, Malformed> {
    json(&value(text)?)
}

/// The value of a JSON text.
///
/// # Errors
/// Where it is no JSON, or has a key twice: of two, a reader believes the first, and a program the last.
pub fn value(text: &str) -> Result<Value, Malformed> {
    serde_json::from_str::<unique::Unique>(text).map(|unique| unique.0).map_err(|_| malformed(text))
}

/// `sha256:` and 64 hex digits.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold("sha256:".to_owned(), |mut out, byte| {
        // Writing to a String cannot fail.
        let _ = write!(out, "{byte:02x}");
        out
    })
}

fn malformed(is: &str) -> Malformed {
    Malformed { what: "JSON", is: is.chars().take(80).collect() }
}

fn write(out: &mut String, value: &Value) -> Result<(), Malformed> {
    match value {
        Value::Null | Value::Bool(_) => out.push_str(&value.to_string()),
        Value::String(text) => quoted(out, text)?,
        Value::Number(number) => out.push_str(&digits(number)?),
        Value::Array(items) => list(out, ('[', ']'), items, write)?,
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            list(out, ('{', '}'), entries, |out, (key, value)| {
                quoted(out, key)?;
                out.push(':');
                write(out, value)
            })?;
        }
    }
    Ok(())
}

/// serde_json escapes exactly what RFC 8785 escapes, in the same form.
fn quoted(out: &mut String, text: &str) -> Result<(), Malformed> {
    out.push_str(&serde_json::to_string(text).map_err(|e| malformed(&e.to_string()))?);
    Ok(())
}

fn list<T>(
    out: &mut String,
    (open, close): (char, char),
    items: impl IntoIterator<Item = T>,
    mut each: impl FnMut(&mut String, T) -> Result<(), Malformed>,
) -> Result<(), Malformed> {
    out.push(open);
    for (n, item) in items.into_iter().enumerate() {
        if n > 0 {
            out.push(',');
        }
        each(out, item)?;
    }
    out.push(close);
    Ok(())
}

fn digits(number: &Number) -> Result<String, Malformed> {
    if let Some(whole) = number.as_i64() {
        return Ok(whole.to_string());
    }
    if let Some(whole) = number.as_u64() {
        return Ok(whole.to_string());
    }
    number.as_f64().filter(|f| f.is_finite()).map(double).ok_or_else(|| malformed(&number.to_string()))
}

/// As ECMAScript writes it: Rust has the same shortest digits, and differs in where the exponent begins.
fn double(f: f64) -> String {
    let size = f.abs();
    if size == 0.0 {
        "0".to_owned()
    } else if (1e-6..1e21).contains(&size) {
        f.to_string()
    } else {
        let text = format!("{f:e}");
        if size < 1.0 { text } else { text.replace('e', "e+") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(from: &str, to: &str) {
        assert_eq!(again(from).unwrap().as_str(), to);
    }

    #[test]
    fn the_vectors_of_rfc_8785_hold() {
        check(
            r#"{"numbers": [333333333.5, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
                "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]}"#,
            "{\"literals\":[null,true,false],\"numbers\":[333333333.5,1e+30,4.5,0.002,1e-27],\
             \"string\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}",
        );
        check(
            r#"{"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7}"#,
            "{\"\\r\":2,\"1\":4,\"\u{80}\":6,\"ö\":7,\"€\":1,\"😀\":5,\"\u{fb33}\":3}",
        );
    }

    #[test]
    fn numbers_are_written_as_ecmascript_writes_them() {
        check(
            "[1.0, -0.0, 100, 1e21, 1e20, 1e-6, 1e-7, 1.5e-7, 5e-324, 1.7976931348623157e308]",
            "[1,0,100,1e+21,100000000000000000000,0.000001,1e-7,1.5e-7,5e-324,1.7976931348623157e+308]",
        );
    }

    #[test]
    fn two_large_integers_stay_two() {
        check("[9007199254740993, 18446744073709551615]", "[9007199254740993,18446744073709551615]");
    }

    #[test]
    fn what_is_no_json_is_an_error() {
        assert!(again("{\"a\":").is_err());
        assert!(again("1e999").is_err());
        for twice in [r#"{"a": 1, "a": 1}"#, r#"[{"b": {"a": 1, "\u0061": 2}}]"#] {
            assert!(again(twice).is_err(), "{twice}");
        }
        check(r#"{"b": {"a": 1}, "a": {"a": [{"a": 1}, {"a": 2}]}}"#, r#"{"a":{"a":[{"a":1},{"a":2}]},"b":{"a":1}}"#);
    }

    /// Up to 15 digits.
    fn exact(value: &Value) -> bool {
        serde_json::from_str::<Value>(&value.to_string()).unwrap() == *value
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            (any::<i32>(), -9..9).prop_map(|(n, e)| Value::from(f64::from(n) * 10f64.powi(e))).prop_filter("exact", exact),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map(any::<String>(), inner, 0..5).prop_map(|m| m.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn canonical_text_is_its_own_canonical_text(v in any_json()) {
            let once = json(&v).unwrap();
            prop_assert_eq!(&again(once.as_str()).unwrap(), &once);
        }
    }
}
