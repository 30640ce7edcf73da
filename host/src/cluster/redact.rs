//! Takes what looks like a secret out of what a run printed. Pure, and too eager rather than too shy: a word too many is a nuisance,
//! a token in a status is a leak.
use std::borrow::Cow;

/// Stands in for what was taken out.
const GONE: &str = "[redacted]";
/// A value after a key that ends in one of these, whatever its case and dashes.
const KEYS: [&str; 11] = [
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "secret",
    "token",
    "apikey",
    "accesskey",
    "privatekey",
    "credentials",
    "clientkeydata",
];
/// A JSON Web Token starts with `{"` in base64url; what is shorter than a header is no token.
const JWT: (&str, usize) = ("eyJ", 20);

/// The text without them.
pub(super) fn redact(text: &str) -> String {
    let text = keys_in_blocks(text);
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        out.push_str(&values(&schemes(&tokens(line))));
    }
    out
}

/// PEM: from BEGIN to END, or to the end of the text where it was cut off.
fn keys_in_blocks(text: &str) -> Cow<'_, str> {
    const BEGIN: &str = "-----BEGIN ";
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(BEGIN) {
        let title = after.split("-----").next().unwrap_or_default();
        let end = format!("-----END {title}-----");
        let (block, next) = after.split_once(end.as_str()).unwrap_or((after, ""));
        out.push_str(before);
        if title.contains("PRIVATE KEY") {
            out.push_str(GONE);
        } else {
            out.push_str(BEGIN);
            out.push_str(block);
            out.push_str(if block.len() == after.len() { "" } else { &end });
        }
        rest = next;
    }
    if rest.len() == text.len() {
        return Cow::Borrowed(text);
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// JSON Web Tokens, wherever they stand.
fn tokens(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, _)) = rest.split_once(JWT.0) {
        let (_, found) = rest.split_at(before.len());
        let length =
            found.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '='))).unwrap_or(found.len());
        let (token, next) = found.split_at(length);
        out.push_str(before);
        out.push_str(if token.len() >= JWT.1 { GONE } else { token });
        rest = next;
    }
    out + rest
}

/// `Authorization: Bearer …`, and the password in a URL.
fn schemes(line: &str) -> String {
    let mut line = line.to_owned();
    for scheme in ["bearer ", "basic "] {
        let Some(at) = line.to_ascii_lowercase().find(scheme) else { continue };
        let (head, tail) = line.split_at(at.saturating_add(scheme.len()));
        let end = tail.find(char::is_whitespace).unwrap_or(tail.len());
        line = format!("{head}{GONE}{}", tail.split_at(end).1);
    }
    let Some((scheme, rest)) = line.split_once("://") else { return line };
    let host = rest.find(['/', ' ', '"', '\n']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(host);
    match authority.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}://{GONE}@{host}{path}"),
        None => line,
    }
}

/// `key=value`, `key: value`, `"key": "value"`.
fn values(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find(['=', ':']) {
        let (head, tail) = rest.split_at(at.saturating_add(1));
        out.push_str(head);
        rest = tail;
        if is_secret(head) {
            let start = tail.find(|c: char| !matches!(c, ' ' | '\t' | '"' | '\'')).unwrap_or(tail.len());
            let (gap, value) = tail.split_at(start);
            let end =
                value.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | '&' | ';' | '}')).unwrap_or(value.len());
            out.push_str(gap);
            out.push_str(if end == 0 { "" } else { GONE });
            rest = value.split_at(end).1;
        }
    }
    out + rest
}

/// Whether what stands before `=` or `:` is the name of a secret.
fn is_secret(head: &str) -> bool {
    let key: String =
        head.chars().rev().skip(1).skip_while(|c| matches!(c, '"' | '\'' | ' ')).take_while(|c| is_key(*c)).collect();
    let key: String = key.chars().rev().filter(|c| c.is_ascii_alphanumeric()).map(|c| c.to_ascii_lowercase()).collect();
    KEYS.iter().any(|secret| key.ends_with(secret))
}

const fn is_key(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')
}

#[cfg(test)]
mod tests {
    use super::redact;
    use expect_test::expect;

    #[test]
    fn what_looks_like_a_secret_is_taken_out() {
        let printed = r#"deployment.apps/web scaled
token: abc.def
  "password": "hunter2", "user": "shop"
DB_PASSWORD=hunter2 API-KEY=k1 other=fine
curl -H 'Authorization: Bearer abc123' https://me:hunter2@registry/v2
jwt eyJhbGciOiJSUzI1NiIsImtpZCI6IiJ9.eyJpc3MiOiJrdWJlIn0.c2ln, eyJ
client-key-data: LS0tLS1CRUdJTg==
-----BEGIN RSA PRIVATE KEY-----
MIIE
-----END RSA PRIVATE KEY-----
-----BEGIN CERTIFICATE-----
MIIC
-----END CERTIFICATE-----
"#;
        expect![[r#"
            deployment.apps/web scaled
            token: [redacted]
              "password": "[redacted]", "user": "shop"
            DB_PASSWORD=[redacted] API-KEY=[redacted] other=fine
            curl -H 'Authorization: Bearer [redacted] https://[redacted]@registry/v2
            jwt [redacted], eyJ
            client-key-data: [redacted]
            [redacted]
            -----BEGIN CERTIFICATE-----
            MIIC
            -----END CERTIFICATE-----
        "#]]
        .assert_eq(&redact(printed));
    }

    #[test]
    fn a_key_that_was_cut_off_is_taken_out_to_the_end() {
        assert_eq!(redact("x\n-----BEGIN PRIVATE KEY-----\nMIIE"), "x\n[redacted]");
    }

    #[test]
    fn what_is_no_secret_stays() {
        for plain in ["", "deployment.apps/web scaled\n", "secretName: db\n", "a=b c:d\n", "tokens: 3\n", "password:\n"] {
            assert_eq!(redact(plain), plain);
        }
    }
}
