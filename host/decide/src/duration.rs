//! Spans of time as people write them (`5m`, `1h30m`, as in Go) and read them (`40ms`, `1.4s`, `2m04s`).
use jiff::SignedDuration;

/// A positive span, as in Go: one or more numbers, each with its unit. None where it is anything else.
#[must_use]
pub fn parse(text: &str) -> Option<SignedDuration> {
    let mut rest = text;
    let mut nanos: u128 = 0;
    while !rest.is_empty() {
        let (number, after) = split(rest, |c| c.is_ascii_digit() || c == '.');
        let (unit, after) = split(after, |c| c.is_ascii_alphabetic());
        nanos = nanos.checked_add(part(number, unit)?)?;
        rest = after;
    }
    let nanos = i128::try_from(nanos).ok().filter(|n| *n > 0)?;
    // A century: more is a slip of the finger, and every sum with a time of today still exists.
    SignedDuration::try_from_nanos_i128(nanos).filter(|d| d.as_hours() < 24 * 366 * 100)
}

fn split(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !belongs(c)).unwrap_or(text.len()))
}

/// Nanoseconds of `1.5` and `h`.
fn part(number: &str, unit: &str) -> Option<u128> {
    let size: u128 = match unit {
        "ns" => 1,
        "us" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || whole.len() > 12 || fraction.len() > 9 || fraction.contains('.') || number.ends_with('.') {
        return None;
    }
    let scale = 10u128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let fraction: u128 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
    whole.parse::<u128>().ok()?.checked_mul(size)?.checked_add(fraction.checked_mul(size)?.checked_div(scale)?)
}

/// For people: two figures are enough.
#[must_use]
pub fn words(span: SignedDuration) -> String {
    let millis = span.as_millis().max(0);
    let seconds = millis / 1000;
    match (seconds, seconds / 60, seconds / 3600) {
        (0, ..) => format!("{millis}ms"),
        (1..=9, ..) => format!("{seconds}.{}s", millis % 1000 / 100),
        (10..=59, ..) => format!("{seconds}s"),
        (_, minutes @ 1..=59, _) => format!("{minutes}m{:02}s", seconds % 60),
        (_, minutes, hours) => format!("{hours}h{:02}m", minutes % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_as_go_reads_them() {
        for (text, seconds) in
            [("5m", 300.0), ("90s", 90.0), ("1h30m", 5400.0), ("1.5h", 5400.0), ("250ms", 0.25), ("168h", 604_800.0)]
        {
            assert_eq!(parse(text).map(|d| d.as_secs_f64()), Some(seconds), "{text}");
        }
    }

    #[test]
    fn what_is_no_positive_span_is_none() {
        for text in
            ["", "5", "m", "-5m", "5 m", "5d", "1.h", ".5h", "1..5h", "0s", "99999999999999h", "999999999999h", "1h-5m", "１h"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn spans_are_written_for_people() {
        let words = [0, 40, 999, 1_449, 9_999, 10_000, 59_999, 124_000, 3_600_000, 86_400_000]
            .map(|ms| words(SignedDuration::from_millis(ms)));
        assert_eq!(words.join(" "), "0ms 40ms 999ms 1.4s 9.9s 10s 59s 2m04s 1h00m 24h00m");
    }
}
