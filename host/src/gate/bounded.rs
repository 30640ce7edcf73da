//! Builtins whose result can be far larger than their arguments, with a bound each. The timer of regorus looks between calls, so one
//! call must not take all memory; and what grows by doubling must stop growing. They stand in for the builtins of the same name.
use regorus::Value;
use regorus::unstable::{BUILTINS, Expr, Ref, Source, Span};

/// Elements one call may make: a question has a few hundred.
const MOST_ELEMENTS: usize = 10_000;
/// Bytes of text one call may make: the longest answer has 64 KiB.
const LONGEST_TEXT: usize = 1 << 20;

/// Name, number of arguments, and what is called.
type Function = (&'static str, u8, fn(&[Value]) -> anyhow::Result<Value>);

/// All of them.
pub const FUNCTIONS: &[Function] = &[
    ("array.concat", 2, array_concat),
    ("concat", 2, concat),
    ("json.marshal", 1, |args| sized("json.marshal", args)),
    ("numbers.range", 2, range),
    ("replace", 3, replace),
    ("sprintf", 2, |args| sized("sprintf", args)),
];

fn range(args: &[Value]) -> anyhow::Result<Value> {
    let [from, to] = args else { anyhow::bail!("numbers.range takes two numbers") };
    let (from, to) = (from.as_i64()?, to.as_i64()?);
    anyhow::ensure!(from.abs_diff(to) < MOST_ELEMENTS as u64, "numbers.range: more than {MOST_ELEMENTS} numbers");
    let numbers: Vec<Value> =
        if from <= to { (from..=to).map(Value::from).collect() } else { (to..=from).rev().map(Value::from).collect() };
    Ok(Value::from(numbers))
}

fn replace(args: &[Value]) -> anyhow::Result<Value> {
    let [text, old, new] = args else { anyhow::bail!("replace takes three texts") };
    let (text, old, new) = (text.as_string()?, old.as_string()?, new.as_string()?);
    let times = text.matches(&**old).count();
    anyhow::ensure!(
        text.len().saturating_add(times.saturating_mul(new.len())) <= LONGEST_TEXT,
        "replace: more than {LONGEST_TEXT} bytes"
    );
    Ok(Value::from(text.replace(&**old, new)))
}

fn concat(args: &[Value]) -> anyhow::Result<Value> {
    let [between, parts] = args else { anyhow::bail!("concat takes a text and a collection of texts") };
    let between = between.as_string()?;
    let texts: Vec<&str> = match parts {
        Value::Array(items) => items.iter().map(|i| Ok(&**i.as_string()?)).collect::<anyhow::Result<_>>()?,
        Value::Set(items) => items.iter().map(|i| Ok(&**i.as_string()?)).collect::<anyhow::Result<_>>()?,
        _ => anyhow::bail!("concat: the second argument is neither an array nor a set"),
    };
    let long = texts.iter().map(|t| t.len().saturating_add(between.len())).fold(0, usize::saturating_add);
    anyhow::ensure!(long <= LONGEST_TEXT, "concat: more than {LONGEST_TEXT} bytes");
    Ok(Value::from(texts.join(between)))
}

fn array_concat(args: &[Value]) -> anyhow::Result<Value> {
    let [Value::Array(first), Value::Array(second)] = args else { anyhow::bail!("array.concat takes two arrays") };
    anyhow::ensure!(
        first.len().saturating_add(second.len()) <= MOST_ELEMENTS,
        "array.concat: more than {MOST_ELEMENTS} elements"
    );
    Ok(Value::from(first.iter().chain(second.iter()).cloned().collect::<Vec<_>>()))
}

/// The builtin itself, once its arguments are known to be small: its result is at most a few times as long.
fn sized(name: &'static str, args: &[Value]) -> anyhow::Result<Value> {
    let mut left = LONGEST_TEXT;
    anyhow::ensure!(args.iter().all(|arg| fits(arg, &mut left)), "{name}: arguments of more than {LONGEST_TEXT} bytes");
    let Some((function, _)) = BUILTINS.get(name) else { anyhow::bail!("there is no {name}") };
    // It is told where its arguments stand in the policy, for its errors only; the caller adds the place of the call.
    let source = Source::from_contents(name.to_owned(), name.to_owned())?;
    let span = Span { source, line: 1, col: 1, start: 0, end: 0 };
    let nowhere = || Ref::new(Expr::Null { span: span.clone(), value: Value::Null, eidx: 0 });
    let places: Vec<Ref<Expr>> = args.iter().map(|_| nowhere()).collect();
    function(&span, &places, args, true).map_err(|e| anyhow::anyhow!(super::check::place(&e.to_string()).message))
}

/// Takes the size of a value from what is left.
fn fits(value: &Value, left: &mut usize) -> bool {
    let own = match value {
        Value::String(text) => text.len(),
        // Digits of a big number: it is written out.
        Value::Number(number) => {
            if number.as_f64().is_some_and(|f| f.abs() < 1e18) {
                20
            } else {
                number.format_decimal().len()
            }
        }
        _ => 8,
    };
    match left.checked_sub(own) {
        None => return false,
        Some(rest) => *left = rest,
    }
    match value {
        Value::Array(items) => items.iter().all(|i| fits(i, left)),
        Value::Set(items) => items.iter().all(|i| fits(i, left)),
        Value::Object(fields) => fields.iter().all(|(k, v)| fits(k, left) && fits(v, left)),
        _ => true,
    }
}
