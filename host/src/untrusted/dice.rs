//! Bytes as choices: what a stranger could have written, of the right form and with anything in it. Where the bytes end, everything is
//! the first of its kind, so that no bytes at all are what is good.
use serde_json::{Map, Value, json};

/// What a careless reader takes for something else.
const WORDS: [&str; 28] = [
    "web",
    "deployment/web",
    "",
    "-",
    "--",
    "--as=admin",
    "-n",
    "--namespace=other",
    "--all",
    "../../etc/passwd",
    "/writ/in/patch.json",
    "web --all",
    "web\n",
    "web\0",
    "\u{1b}[2J",
    "%2e%2e",
    "'; rm -rf $HOME; '",
    "\"",
    "kube-system",
    "é",
    "\u{202e}",
    "2026-11-23T03:12:07Z",
    "9999999999999999999",
    "-1",
    "{}",
    "{\"a\":1,\"a\":2}",
    "[[[[[[[[]]]]]]]]",
    "sha256:0000000000000000000000000000000000000000000000000000000000000000",
];

/// Bytes, as far as they are not used.
pub(crate) struct Dice<'a>(pub(crate) &'a [u8]);

impl Dice<'_> {
    pub(crate) fn byte(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        *first
    }

    /// Seldom.
    pub(crate) fn rarely(&mut self) -> bool {
        self.byte() % 8 == 7
    }

    pub(crate) fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[usize::from(self.byte()) % of.len()].clone()
    }

    /// Any text: a word, one many times, or whatever the bytes say.
    pub(crate) fn text(&mut self) -> String {
        match self.byte() % 4 {
            0 => self.one(&WORDS).to_owned(),
            1 => self.one(&WORDS).repeat(usize::from(self.byte()) * 8),
            _ => {
                let length = usize::from(self.byte()) % 64;
                let (text, rest) = self.0.split_at(length.min(self.0.len()));
                self.0 = rest;
                String::from_utf8_lossy(text).into_owned()
            }
        }
    }

    /// The good one, nearly always.
    pub(crate) fn or(&mut self, good: &str) -> String {
        if self.rarely() { self.text() } else { good.to_owned() }
    }

    /// As many as are good, nearly always; else none, a few, or far too many.
    pub(crate) fn some<T>(&mut self, good: usize, mut one: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let count = if self.rarely() { self.one(&[0, 1, 2, 3, 20, 80]) } else { good };
        (0..count).map(|_| one(self)).collect()
    }

    pub(crate) fn json(&mut self) -> Value {
        match self.byte() % 10 {
            0 => Value::Null,
            1 => Value::Bool(true),
            2 => json!(self.byte()),
            3 => self.one(&[
                json!(-1),
                json!(u64::MAX),
                json!(i64::MIN),
                json!(1e308),
                json!(0.5),
                json!(9_007_199_254_740_993_u64),
            ]),
            4..=6 => Value::String(self.text()),
            7 => self.some(2, |d| Value::String(d.text())).into(),
            8 => Value::Object(self.some(2, |d| (d.text(), Value::String(d.text()))).into_iter().collect::<Map<_, _>>()),
            _ => (0..self.byte() % 130).fold(json!([]), |inner, _| json!([inner])),
        }
    }

    /// Up to four places of a document are something else.
    pub(crate) fn spoil(&mut self, whole: &mut Value) {
        for _ in 0..self.byte() % 5 {
            self.spoil_one(whole);
        }
    }

    fn spoil_one(&mut self, at: &mut Value) {
        let choice = self.byte();
        match at {
            Value::Object(map) if choice == 255 => {
                map.insert(self.text(), self.json());
            }
            Value::Object(map) if !map.is_empty() && choice < 250 => {
                let key = map.keys().nth(usize::from(choice) % map.len()).cloned().unwrap_or_default();
                if self.rarely() {
                    map.remove(&key);
                } else if let Some(inner) = map.get_mut(&key) {
                    self.spoil_one(inner);
                }
            }
            Value::Array(all) if !all.is_empty() && choice < 250 => {
                let place = usize::from(choice) % all.len();
                self.spoil_one(&mut all[place]);
            }
            other => *other = self.json(),
        }
    }
}
