//! Who types, as the API server authenticates him.
use super::connect::{Connected, said};
use crds::Identity;
use k8s_openapi::api::authentication::v1::SelfSubjectReview;
use kube::{Api, api::PostParams};

/// Name, uid and groups, as they would be stamped.
pub async fn me(cluster: &Connected) -> anyhow::Result<Identity> {
    let api: Api<SelfSubjectReview> = Api::all(cluster.client.clone());
    let answer = api.create(&PostParams::default(), &SelfSubjectReview::default()).await.map_err(said)?;
    let user = answer.status.and_then(|s| s.user_info).unwrap_or_default();
    Ok(Identity {
        username: user.username.unwrap_or_default(),
        uid: user.uid.unwrap_or_default(),
        groups: user.groups.unwrap_or_default(),
    })
}
