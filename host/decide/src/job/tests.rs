//! The manifest, whole: what changes in it is read by somebody.
use super::*;
use crate::{access, canonical, plan, plan::Parts, tests::fixtures::*};
use expect_test::{Expect, expect};

fn check(planned: &Planned, expect: &Expect) {
    let exec = exec();
    let access = access::of(&exec, planned).unwrap();
    let job = manifest(&exec, planned, &name(&exec).unwrap(), &access, &site());
    expect.assert_eq(&serde_json::to_string_pretty(&job).unwrap());
}

#[test]
fn the_job_of_one_command() {
    check(
        &planned(),
        &expect![[r#"
            {
              "apiVersion": "batch/v1",
              "kind": "Job",
              "metadata": {
                "annotations": {
                  "writ.dev/execution": "shop/scale-web-x7k2p",
                  "writ.dev/plan-hash": "sha256:3ab184b38af36db984057acd4d80f27290326c96e85f44481d59a4342cd72277"
                },
                "labels": {
                  "writ.dev/action": "scale_deployment",
                  "writ.dev/execution-uid": "3c1f0a52-94d7-4be1-8a5e-0c1d2e3f4a5b"
                },
                "name": "run-3c1f0a52-94d7-4be1-8a5e-0c1d2e3f4a5b",
                "namespace": "writ-runs"
              },
              "spec": {
                "activeDeadlineSeconds": 60,
                "backoffLimit": 0,
                "podFailurePolicy": {
                  "rules": [
                    {
                      "action": "FailJob",
                      "onPodConditions": [
                        {
                          "status": "True",
                          "type": "DisruptionTarget"
                        }
                      ]
                    }
                  ]
                },
                "podReplacementPolicy": "Failed",
                "template": {
                  "metadata": {
                    "annotations": {
                      "writ.dev/execution": "shop/scale-web-x7k2p",
                      "writ.dev/plan-hash": "sha256:3ab184b38af36db984057acd4d80f27290326c96e85f44481d59a4342cd72277"
                    },
                    "finalizers": [
                      "writ.dev/outcome"
                    ],
                    "labels": {
                      "writ.dev/action": "scale_deployment",
                      "writ.dev/execution-uid": "3c1f0a52-94d7-4be1-8a5e-0c1d2e3f4a5b"
                    }
                  },
                  "spec": {
                    "automountServiceAccountToken": false,
                    "containers": [
                      {
                        "args": [
                          "scale",
                          "--current-replicas=2",
                          "--replicas=5",
                          "--namespace=shop",
                          "--",
                          "deployment/web"
                        ],
                        "command": [
                          "/bin/kubectl"
                        ],
                        "env": [
                          {
                            "name": "HOME",
                            "value": "/tmp"
                          }
                        ],
                        "image": "registry.example/kubectl@sha256:11",
                        "imagePullPolicy": "IfNotPresent",
                        "name": "c0",
                        "resources": {
                          "limits": {
                            "cpu": "500m",
                            "memory": "128Mi"
                          },
                          "requests": {
                            "cpu": "10m",
                            "memory": "32Mi"
                          }
                        },
                        "securityContext": {
                          "allowPrivilegeEscalation": false,
                          "capabilities": {
                            "drop": [
                              "ALL"
                            ]
                          },
                          "readOnlyRootFilesystem": true,
                          "runAsNonRoot": true
                        },
                        "terminationMessagePolicy": "FallbackToLogsOnError",
                        "volumeMounts": [
                          {
                            "mountPath": "/tmp",
                            "name": "tmp"
                          },
                          {
                            "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount",
                            "name": "token",
                            "readOnly": true
                          }
                        ]
                      }
                    ],
                    "enableServiceLinks": false,
                    "restartPolicy": "Never",
                    "securityContext": {
                      "runAsGroup": 65532,
                      "runAsNonRoot": true,
                      "runAsUser": 65532,
                      "seccompProfile": {
                        "type": "RuntimeDefault"
                      }
                    },
                    "serviceAccountName": "run-3c1f0a52-94d7-4be1-8a5e-0c1d2e3f4a5b.6d1f8e90-1111-4222-8333-444455556666",
                    "terminationGracePeriodSeconds": 5,
                    "volumes": [
                      {
                        "emptyDir": {
                          "medium": "Memory",
                          "sizeLimit": "16Mi"
                        },
                        "name": "tmp"
                      },
                      {
                        "name": "token",
                        "projected": {
                          "sources": [
                            {
                              "serviceAccountToken": {
                                "expirationSeconds": 600,
                                "path": "token"
                              }
                            },
                            {
                              "configMap": {
                                "items": [
                                  {
                                    "key": "ca.crt",
                                    "path": "ca.crt"
                                  }
                                ],
                                "name": "kube-root-ca.crt"
                              }
                            },
                            {
                              "downwardAPI": {
                                "items": [
                                  {
                                    "fieldRef": {
                                      "fieldPath": "metadata.namespace"
                                    },
                                    "path": "namespace"
                                  }
                                ]
                              }
                            }
                          ]
                        }
                      }
                    ]
                  }
                }
              }
            }"#]],
    );
}

#[test]
fn the_job_of_two_commands_with_a_file() {
    let mut info = info();
    info.idempotent = true;
    let mut parts = Parts { ..parts(&info) };
    let mut patch = command(2, 5);
    patch.verb = vec!["patch".into()];
    patch.options = vec![("type".into(), Some("json".into())), ("patch-file".into(), Some("/writ/in/patch.json".into()))];
    patch.files = vec![("patch.json".into(), r#"[{"op":"test","path":"/spec/replicas","value":2}]"#.into())];
    parts.proposal.commands.insert(0, patch);
    let planned = plan::assemble(&site(), &exec(), parts).unwrap();
    let exec = exec();
    let access = access::of(&exec, &planned).unwrap();
    let job = manifest(&exec, &planned, &name(&exec).unwrap(), &access, &site());
    let spec = job.spec.unwrap();
    let pod = spec.template.spec.unwrap();
    let commands = |all: &[k8s_openapi::api::core::v1::Container]| {
        all.iter().map(|c| format!("{} {}", c.name, c.args.clone().unwrap().join(" "))).collect::<Vec<_>>().join("\n")
    };
    expect!["c0 patch --type=json --patch-file=/writ/in/patch.json --namespace=shop -- deployment/web"]
        .assert_eq(&commands(&pod.init_containers.unwrap()));
    expect!["c1 scale --current-replicas=2 --replicas=5 --namespace=shop -- deployment/web"]
        .assert_eq(&commands(&pod.containers));
    expect![[r#"{"annotations":{"in.writ.dev/patch.json":"[{\"op\":\"test\",\"path\":\"/spec/replicas\",\"value\":2}]","writ.dev/execution":"shop/scale-web-x7k2p","writ.dev/plan-hash":"sha256:936015c203e49915333d75aa9ba249b4abde1c10cda301af002f672a4475b4bf"},"finalizers":["writ.dev/outcome"],"labels":{"writ.dev/action":"scale_deployment","writ.dev/execution-uid":"3c1f0a52-94d7-4be1-8a5e-0c1d2e3f4a5b"}}"#]].assert_eq(canonical::of(&spec.template.metadata.unwrap()).unwrap().as_str());
    expect![[r#"[{"emptyDir":{"medium":"Memory","sizeLimit":"16Mi"},"name":"tmp"},{"name":"token","projected":{"sources":[{"serviceAccountToken":{"expirationSeconds":600,"path":"token"}},{"configMap":{"items":[{"key":"ca.crt","path":"ca.crt"}],"name":"kube-root-ca.crt"}},{"downwardAPI":{"items":[{"fieldRef":{"fieldPath":"metadata.namespace"},"path":"namespace"}]}}]}},{"downwardAPI":{"items":[{"fieldRef":{"fieldPath":"metadata.annotations['in.writ.dev/patch.json']"},"path":"patch.json"}]},"name":"in"}]"#]].assert_eq(canonical::of(&pod.volumes.unwrap()).unwrap().as_str());
    expect![[r#"{"rules":[{"action":"Ignore","onPodConditions":[{"status":"True","type":"DisruptionTarget"}]}]}"#]]
        .assert_eq(canonical::of(&spec.pod_failure_policy).unwrap().as_str());
}

#[test]
fn the_name_follows_from_the_uid_alone() {
    let mut other = exec();
    other.name = "other".into();
    assert_eq!(name(&exec()), name(&other));
    assert_eq!(name(&exec()).unwrap().as_str(), format!("run-{EXECUTION}"));
    other.uid = uid("not a uid");
    assert_eq!(name(&other), None);
}

/// All in which the two differ.
#[test]
fn the_job_of_a_dry_run_is_the_same_but_persists_nothing_and_goes_by_itself() {
    let (exec, planned) = (exec(), planned());
    let (access, dry) = (access::of(&exec, &planned).unwrap(), access::dry(&exec, &planned).unwrap());
    let run = serde_json::to_value(manifest(&exec, &planned, &name(&exec).unwrap(), &access, &site())).unwrap();
    let dry = serde_json::to_value(dry_manifest(&exec, &planned, &dry_name(&exec).unwrap(), &dry, &site())).unwrap();
    let differ = crate::diff::between(&run, &dry).into_iter().map(|d| format!("{} {:?}\n", d.at, d.after));
    expect![[r#"
        /metadata/name Some(String("dry-3c1f0a52-94d7-4be1-8a5e-0c1d2e3f4a5b"))
        /metadata/namespace Some(String("writ-dryrun"))
        /spec/template/metadata/finalizers None
        /spec/template/spec/containers/0/args Some(Array [String("scale"), String("--current-replicas=2"), String("--replicas=5"), String("--dry-run=server"), String("--output=json"), String("--namespace=shop"), String("--"), String("deployment/web")])
        /spec/template/spec/serviceAccountName Some(String("dry-3c1f0a52-94d7-4be1-8a5e-0c1d2e3f4a5b.6d1f8e90-1111-4222-8333-444455556666"))
        /spec/ttlSecondsAfterFinished Some(Number(60))
    "#]].assert_eq(&differ.collect::<String>());
}
