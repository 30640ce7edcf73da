//! Which functions a policy may call. An allow-list: what is not on it is refused at load, with a word that says why.
use super::problem::Kind;

/// Total in bounded time for arguments of bounded size, and functions of their arguments alone.
const ALLOWED: &[&str] = &[
    "abs",
    "array.concat",
    "array.reverse",
    "array.slice",
    "bits.and",
    "bits.negate",
    "bits.or",
    "bits.xor",
    "ceil",
    "concat",
    "contains",
    "count",
    "endswith",
    "floor",
    "format_int",
    "glob.match",
    "glob.quote_meta",
    "indexof",
    "indexof_n",
    "intersection",
    "is_array",
    "is_boolean",
    "is_null",
    "is_number",
    "is_object",
    "is_set",
    "is_string",
    "json.filter",
    "json.is_valid",
    "json.marshal",
    "json.remove",
    "json.unmarshal",
    "lower",
    "max",
    "min",
    "numbers.range",
    "object.filter",
    "object.get",
    "object.keys",
    "object.remove",
    "object.subset",
    "object.union",
    "object.union_n",
    "product",
    "regex.find_all_string_submatch_n",
    "regex.find_n",
    "regex.is_valid",
    "regex.match",
    "regex.split",
    "regex.template_match",
    "replace",
    "round",
    "semver.compare",
    "semver.is_valid",
    "sort",
    "split",
    "sprintf",
    "startswith",
    "strings.any_prefix_match",
    "strings.any_suffix_match",
    "strings.count",
    "strings.reverse",
    "substring",
    "sum",
    "time.add_date",
    "time.clock",
    "time.date",
    "time.diff",
    "time.format",
    "time.parse_duration_ns",
    "time.parse_ns",
    "time.parse_rfc3339_ns",
    "time.weekday",
    "to_number",
    "trim",
    "trim_left",
    "trim_prefix",
    "trim_right",
    "trim_space",
    "trim_suffix",
    "type_name",
    "union",
    "units.parse",
    "units.parse_bytes",
    "upper",
];

/// Exist in Rego, and why they are not for policies.
const NOT_ALLOWED: &[(&str, &str)] = &[
    ("bits.lsh", "one call can make a number of any size"),
    ("bits.rsh", "use arithmetic"),
    ("json.match_schema", "the host checks the question by its schema before it is asked"),
    ("json.verify_schema", "the host checks the question by its schema before it is asked"),
    ("numbers.range_step", "one call can make a list of any size; use numbers.range"),
    ("opa.runtime", "a decision depends on its input alone"),
    ("print", "only tests may print"),
    ("regex.replace", "one call can make a text of any size; use replace"),
    ("strings.replace_n", "one call can make a text of any size; use replace"),
    ("trace", "only people read traces, and nobody reads these"),
];

/// Why a function may not be called; none if it may.
pub fn refusal(name: &str, in_test: bool) -> Option<(Kind, String)> {
    if ALLOWED.contains(&name) || (in_test && name == "print") {
        return None;
    }
    let known = NOT_ALLOWED.iter().find(|(n, _)| *n == name);
    Some(match name {
        "http.send" | "net.lookup_ip_addr" => (
            Kind::HttpSendNotAllowed,
            format!("{name}: a decision depends on its input alone; put what it needs into the policy's data"),
        ),
        "time.now_ns" => (Kind::TimeNotAllowed, "time.now_ns: use time.parse_rfc3339_ns(input.now)".to_owned()),
        "rand.intn" | "uuid.rfc4122" => (Kind::RandomNotAllowed, format!("{name}: the same question must get the same answer")),
        _ => match known {
            Some((_, why)) => (Kind::BuiltinNotAllowed, format!("{name}: {why}")),
            None => (Kind::UnknownBuiltin, format!("there is no function {name} here{}", nearest(name))),
        },
    })
}

/// The format of a `sprintf` is written out in the policy: from the input it could ask for a number of any width.
pub fn bad_format(format: Option<&str>) -> Option<&'static str> {
    let Some(format) = format else {
        return Some("sprintf: write the format out in the policy; what comes from input or data goes into the list");
    };
    let wide =
        format.split('%').skip(1).any(|verb| verb.chars().skip_while(|c| *c == '.').take_while(char::is_ascii_digit).count() > 2);
    wide.then_some("sprintf: a width of more than two digits")
}

/// A name that differs in its last part only: `strings.concat` for `concat`.
fn nearest(name: &str) -> String {
    let last = name.rsplit('.').next().unwrap_or(name);
    let near = ALLOWED.iter().find(|a| **a == last).or_else(|| ALLOWED.iter().find(|a| a.rsplit('.').next() == Some(last)));
    near.map(|n| format!("; did you mean {n}?")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::ALLOWED;
    use regorus::unstable::BUILTINS;

    /// One that regorus was built without would pass the check, and fail when it is reached.
    #[test]
    fn every_function_that_may_be_called_is_there() {
        let missing: Vec<_> = ALLOWED.iter().filter(|name| !BUILTINS.contains_key(**name)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}
