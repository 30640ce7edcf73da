//! Times on the command line: spans as kubectl reads them (`45s`, `10m`, `1h30m`), and moments, so long ago or as they are. One reading for all
//! commands, and one answer to what is none.
use decide::duration;
use jiff::{SignedDuration, Timestamp};

/// How long.
pub fn span(text: &str) -> Result<SignedDuration, String> {
    duration::parse(text).ok_or_else(|| "write it with its unit, such as 45s, 10m, 1h30m or 24h".to_owned())
}

/// How long, for the API server to read: as it was written.
pub fn written(text: &str) -> Result<String, String> {
    span(text).map(|_| text.to_owned())
}

/// Since when.
pub fn since(text: &str) -> Result<Timestamp, String> {
    before(text, Timestamp::now())
}

fn before(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    let then = duration::parse(text).and_then(|span| now.checked_sub(span).ok()).or_else(|| text.parse().ok());
    then.ok_or_else(|| {
        "write how long ago, such as 45s, 10m, 1h30m or 24h, or the moment, such as 2026-11-23T03:12:00Z".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_read_as_kubectl_reads_it_and_without_a_unit_it_is_none() {
        for (text, seconds) in [("45s", 45), ("10m", 600), ("1h30m", 5400)] {
            assert_eq!((span(text).unwrap().as_secs(), written(text).unwrap().as_str()), (seconds, text));
        }
        for none in ["5", "soon", "7d", "-5m", ""] {
            assert_eq!(span(none).unwrap_err(), "write it with its unit, such as 45s, 10m, 1h30m or 24h", "{none}");
            assert!(written(none).is_err(), "{none}");
        }
    }

    #[test]
    fn since_is_so_long_ago_or_a_moment() {
        let now: Timestamp = "2026-11-23T03:12:00Z".parse().unwrap();
        for (text, at) in [("10m", "2026-11-23T03:02:00Z"), ("2026-11-22T01:00:00+01:00", "2026-11-22T00:00:00Z")] {
            assert_eq!(before(text, now).unwrap(), at.parse::<Timestamp>().unwrap(), "{text}");
        }
        for none in ["yesterday", "10", "2026-11-23"] {
            assert!(before(none, now).unwrap_err().contains("such as 45s, 10m"), "{none}");
        }
    }
}
