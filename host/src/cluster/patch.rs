//! JSON Patch with `test` operations: a write that only happens to what was looked at. Owns how a failed test is told from other
//! refusals.
use super::client::{CallError, within};
use kube::{
    Api, Client,
    api::{Patch, PatchParams},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::fmt::Debug;

/// What became of a patch.
pub(super) enum Patched<T> {
    /// The object as it is now.
    Done(T),
    /// There is no such object.
    Gone,
    /// It is not what was looked at, or moved while it was written.
    TestFailed,
}

/// One attempt. The API server answers a failed test with 422 and no details that could be told from an invalid object; so a caller
/// whose patch could make an invalid object must look again before it concludes.
pub(super) async fn json<T: DeserializeOwned>(
    client: &Client,
    path: &str,
    name: &str,
    patch: &Value,
) -> Result<Patched<T>, CallError> {
    match within(client.request(request(path, name, patch)?)).await {
        Ok(object) => Ok(Patched::Done(object)),
        Err(error) if error.is(404) => Ok(Patched::Gone),
        Err(error) if error.is(422) || error.is(409) => Ok(Patched::TestFailed),
        Err(error) => Err(error),
    }
}

/// The status of the object with this uid, merged into what is there. One that is gone, or is another by now, needs none.
pub(super) async fn status<K>(api: &Api<K>, name: &str, uid: Option<&str>, status: &impl Serialize) -> Result<(), CallError>
where
    K: Clone + Debug + DeserializeOwned,
{
    let patch = json!({"metadata": {"uid": uid}, "status": status});
    match within(api.patch_status(name, &PatchParams::default(), &Patch::Merge(patch))).await {
        Err(error) if error.is(404) || error.is(409) => Ok(()),
        answer => answer.map(drop),
    }
}

fn request(path: &str, name: &str, patch: &Value) -> Result<http::Request<Vec<u8>>, CallError> {
    http::Request::patch(format!("{path}/{name}"))
        .header(http::header::CONTENT_TYPE, "application/json-patch+json")
        .header(http::header::ACCEPT, "application/json")
        .body(patch.to_string().into_bytes())
        .map_err(|e| CallError::from(kube::Error::HttpError(e)))
}
