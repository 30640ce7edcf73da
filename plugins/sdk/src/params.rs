//! The types a parameter can have: booleans, integers, numbers, strings, lists, maps, options and references to a key
//! of a Secret. Reading says everything that is wrong; the macros add structs and choices.
use crate::json::escape;
use crate::parameters::{Param, Reader, Rules, Violations, keywords, number, object_schema, shown};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

impl Param for bool {
    fn schema() -> Value {
        json!({"type": "boolean"})
    }

    fn read(value: &Value, at: &str, _: &Rules, bad: &mut Violations) -> Option<Self> {
        or_say(value.as_bool(), value, at, "true or false", bad)
    }

    fn write(&self) -> Option<Value> {
        Some(json!(self))
    }
}

macro_rules! integers {
    ($($t:ty: $least:expr, $most:expr;)*) => {$(
        impl Param for $t {
            fn schema() -> Value {
                json!({"type": "integer", "minimum": $least, "maximum": $most})
            }

            fn read(value: &Value, at: &str, rules: &Rules, bad: &mut Violations) -> Option<Self> {
                let of_type = Rules {
                    minimum: Some(rules.minimum.unwrap_or($least as f64)),
                    maximum: Some(rules.maximum.unwrap_or($most as f64)),
                    ..*rules
                };
                let n = whole(value, at, &of_type, bad)?;
                or_say(<$t>::try_from(n).ok(), value, at, "an integer of the right size", bad)
            }

            fn write(&self) -> Option<Value> {
                Some(json!(self))
            }
        }
    )*};
}
// 2^53 bounds the wide ones: the contract's numbers are doubles
integers! {
    u8: 0, u8::MAX; u16: 0, u16::MAX; u32: 0, u32::MAX; u64: 0, 9_007_199_254_740_992_u64;
    i8: i8::MIN, i8::MAX; i16: i16::MIN, i16::MAX; i32: i32::MIN, i32::MAX;
    i64: -9_007_199_254_740_992_i64, 9_007_199_254_740_992_i64;
}

/// `5.0` is an integer for JSON Schema, so it is one here.
fn whole(value: &Value, at: &str, rules: &Rules, bad: &mut Violations) -> Option<i64> {
    let n = value.as_f64().filter(|n| n.fract() == 0.0);
    let n = or_say(n, value, at, "an integer", bad)?;
    in_range(n, at, rules, bad).then_some(n as i64)
}

fn in_range(n: f64, at: &str, rules: &Rules, bad: &mut Violations) -> bool {
    if let Some(least) = rules.minimum.filter(|least| n < *least) {
        bad.add(at, format!("{} is below the minimum {}", number(n), number(least)));
        return false;
    }
    if let Some(most) = rules.maximum.filter(|most| n > *most) {
        bad.add(at, format!("{} is above the maximum {}", number(n), number(most)));
        return false;
    }
    true
}

impl Param for f64 {
    fn schema() -> Value {
        json!({"type": "number"})
    }

    fn read(value: &Value, at: &str, rules: &Rules, bad: &mut Violations) -> Option<Self> {
        let n = or_say(value.as_f64(), value, at, "a number", bad)?;
        in_range(n, at, rules, bad).then_some(n)
    }

    fn write(&self) -> Option<Value> {
        Some(number(*self))
    }
}

impl Param for String {
    fn schema() -> Value {
        json!({"type": "string"})
    }

    fn read(value: &Value, at: &str, rules: &Rules, bad: &mut Violations) -> Option<Self> {
        let text = or_say(value.as_str(), value, at, "a string", bad)?;
        // JSON Schema counts characters, not bytes
        sized(text.chars().count(), "characters", at, rules, bad).then(|| text.to_owned())
    }

    fn write(&self) -> Option<Value> {
        Some(json!(self))
    }
}

fn sized(is: usize, of: &str, at: &str, rules: &Rules, bad: &mut Violations) -> bool {
    if let Some(least) = rules.min_length.filter(|least| is < *least as usize) {
        bad.add(at, format!("has {is} {of}: the least is {least}"));
        return false;
    }
    if let Some(most) = rules.max_length.filter(|most| is > *most as usize) {
        bad.add(at, format!("has {is} {of}: the most is {most}"));
        return false;
    }
    true
}

impl<T: Param> Param for Option<T> {
    fn schema() -> Value {
        T::schema()
    }

    fn read(value: &Value, at: &str, rules: &Rules, bad: &mut Violations) -> Option<Self> {
        T::read(value, at, rules, bad).map(Some)
    }

    fn write(&self) -> Option<Value> {
        self.as_ref().and_then(T::write)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

impl<T: Param> Param for Vec<T> {
    fn schema() -> Value {
        json!({"type": "array", "items": T::schema()})
    }

    fn read(value: &Value, at: &str, rules: &Rules, bad: &mut Violations) -> Option<Self> {
        let items = or_say(value.as_array(), value, at, "a list", bad)?;
        let fits = sized(items.len(), "items", at, rules, bad);
        // all are read before the first missing one ends it, so that every violation is found
        let read: Vec<_> = items.iter().enumerate().map(|(i, v)| T::read(v, &format!("{at}/{i}"), &Rules::NONE, bad)).collect();
        read.into_iter().collect::<Option<Vec<T>>>().filter(|_| fits)
    }

    fn write(&self) -> Option<Value> {
        Some(self.iter().filter_map(T::write).collect())
    }
}

impl<T: Param> Param for BTreeMap<String, T> {
    fn schema() -> Value {
        json!({"type": "object", "additionalProperties": T::schema()})
    }

    fn read(value: &Value, at: &str, rules: &Rules, bad: &mut Violations) -> Option<Self> {
        let entries = or_say(value.as_object(), value, at, "an object", bad)?;
        let fits = sized(entries.len(), "entries", at, rules, bad);
        let read: Vec<_> = entries
            .iter()
            .map(|(k, v)| Some((k.clone(), T::read(v, &format!("{at}/{}", escape(k)), &Rules::NONE, bad)?)))
            .collect();
        read.into_iter().collect::<Option<Self>>().filter(|_| fits)
    }

    fn write(&self) -> Option<Value> {
        Some(self.iter().filter_map(|(k, v)| Some((k.clone(), v.write()?))).collect::<Map<_, _>>().into())
    }
}

/// Names a key of a Secret in the execution's namespace. A secret never travels by value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretKeyRef {
    /// of the Secret
    pub name: String,
    /// in its `data`
    pub key: String,
}

impl Param for SecretKeyRef {
    fn schema() -> Value {
        let part = |name, doc| crate::parameters::Field {
            name,
            doc,
            schema: String::schema(),
            rules: Self::PART,
            default: None,
            required: true,
        };
        let parts = vec![part("name", "name of the Secret"), part("key", "key in its data")];
        let mut schema = keywords(object_schema("", parts));
        schema.insert("format".into(), "secret-key-ref".into());
        schema.into()
    }

    fn read(value: &Value, at: &str, _: &Rules, bad: &mut Violations) -> Option<Self> {
        let parts = Reader::open(value, at, &["name", "key"], bad)?;
        let name = parts.field("name", &Self::PART, None, bad);
        let key = parts.field("key", &Self::PART, None, bad);
        Some(Self { name: name?, key: key? })
    }

    fn write(&self) -> Option<Value> {
        Some(json!({"name": self.name, "key": self.key}))
    }
}

impl SecretKeyRef {
    // both are RFC 1123 subdomains or shorter
    const PART: Rules = Rules { min_length: Some(1), max_length: Some(253), ..Rules::NONE };
}

/// The position of the name that was chosen; `derive(Choice)` calls it.
pub fn read_choice(value: &Value, at: &str, names: &[&str], bad: &mut Violations) -> Option<usize> {
    let chosen = names.iter().position(|name| value.as_str() == Some(name));
    if chosen.is_none() {
        bad.add(at, format!("{} is none of {}", shown(value), names.join(", ")));
    }
    chosen
}

fn or_say<T>(read: Option<T>, value: &Value, at: &str, wanted: &str, bad: &mut Violations) -> Option<T> {
    if read.is_none() {
        bad.add(at, format!("{} is not {wanted}", shown(value)));
    }
    read
}
