//! Stand-ins for the values of Secrets: equal exactly where the values are, and of no use to anybody without the key.
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Block of SHA-256, bytes: HMAC pads its key to it.
const BLOCK: usize = 64;
/// `kubectl apply` keeps a copy of the whole object here, values included.
const COPY: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// The key of the digests.
pub struct SecretKey([u8; 32]);

impl SecretKey {
    /// A key, from a good source of randomness.
    #[must_use]
    pub const fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// Replaces every value of a Secret.
    pub(super) fn hide(&self, secret: &mut Value) {
        let Some(map) = secret.as_object_mut() else { return };
        map.remove("stringData");
        if let Some(Value::Object(data)) = map.get_mut("data") {
            for value in data.values_mut() {
                *value = json!(self.digest(value.as_str().unwrap_or_default().as_bytes()));
            }
        }
        if let Some(annotations) = map.get_mut("metadata").and_then(|m| m.get_mut("annotations")).and_then(Value::as_object_mut) {
            annotations.remove(COPY);
        }
    }

    /// HMAC-SHA256 (RFC 2104).
    fn digest(&self, value: &[u8]) -> String {
        let pad = |with: u8| {
            let mut block = [with; BLOCK];
            block.iter_mut().zip(self.0).for_each(|(b, k)| *b ^= k);
            block
        };
        let inner = Sha256::new().chain_update(pad(0x36)).chain_update(value).finalize();
        let outer = Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize();
        outer.iter().fold("hmac-sha256:".to_owned(), |text, byte| text + &format!("{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> Value {
        json!({
            "kind": "Secret",
            "metadata": {"name": "db", "annotations": {COPY: r#"{"data":{"password":"aHVudGVyMg=="}}"#, "team": "shop"}},
            "data": {"password": "aHVudGVyMg==", "again": "aHVudGVyMg==", "user": "c2hvcA=="},
            "stringData": {"password": "hunter2"},
        })
    }

    #[test]
    fn no_value_of_a_secret_is_shown_and_equal_values_look_equal() {
        let mut hidden = secret();
        SecretKey::new([7; 32]).hide(&mut hidden);
        let text = hidden.to_string();
        assert!(!text.contains("hunter2") && !text.contains("aHVudGVyMg") && !text.contains("c2hvcA"), "{text}");
        assert_eq!(hidden.pointer("/data/password"), hidden.pointer("/data/again"));
        assert_ne!(hidden.pointer("/data/password"), hidden.pointer("/data/user"));
        assert_eq!(hidden.pointer("/metadata/annotations"), Some(&json!({"team": "shop"})), "the rest stays");
    }

    #[test]
    fn another_key_gives_other_digests() {
        let (mut a, mut b) = (secret(), secret());
        SecretKey::new([1; 32]).hide(&mut a);
        SecretKey::new([2; 32]).hide(&mut b);
        assert_ne!(a.pointer("/data/user"), b.pointer("/data/user"));
    }

    /// RFC 4231 has no key of 32 bytes; this one was computed with `openssl dgst -sha256 -mac HMAC`.
    #[test]
    fn the_digest_is_hmac_sha256() {
        let expected = "hmac-sha256:198a607eb44bfbc69903a0f1cf2bbdc5ba0aa3f3d9ae3c1c7a3b1696a0b68cf7";
        assert_eq!(SecretKey::new([0x0b; 32]).digest(b"Hi There"), expected);
    }
}
