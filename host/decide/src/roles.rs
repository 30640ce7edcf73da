//! `&ActionInfo -> ClusterRole`: what a human grants, from what a component declares.
