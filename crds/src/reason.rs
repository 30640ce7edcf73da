//! `Reason`: one word per cause, the same in conditions, Events, ledger rows and metrics. The doc comments are the user
//! documentation: what happened, and who must do what.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why an execution is where it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum Reason {
    /// Parameters, plan and every policy say yes.
    #[default]
    Accepted,

    // ---- refused by somebody's judgement: nothing was touched
    /// No active plugin exports an action of this name. `kubectl get actions` lists those there are.
    ActionUnknown,
    /// The plugin that offers this action is suspended (`spec.suspended`): nothing new starts. The message says which, and how to lift it.
    PluginSuspended,
    /// The roles that the action needs are missing or differ from what its component declares: `writ plugin rbac`.
    ActionNotGranted,
    /// The requester may not run this action here: verb `run` on `actions.writ.dev`, asked again just before the Job.
    NotAllowed,
    /// The target does not exist.
    TargetNotFound,
    /// The action cannot be aimed at this kind, or not in this namespace.
    TargetNotAllowed,
    /// The parameters do not satisfy the action's schema, or the plugin found them wrong. All that is wrong is listed.
    ParametersInvalid,
    /// The plugin says that this may not be done now, and why; its own reason stands in the message.
    PluginRefused,
    /// A policy said no. The message says which, the rule, and who owns it.
    PolicyDenied,
    /// The target's namespace is being deleted.
    NamespaceTerminating,
    /// A field, or an obligation of a policy, that this build does not honor yet. Never ignored.
    NotSupportedYet,
    /// A dry run on the server is asked for, and the action has none: its component says so. `dryRun: Plan` shows its own prediction.
    DryRunImpossible,
    /// The dry run did not get through: the API server or the command said no, or it gave no answer in time. The message says which.
    DryRunFailed,
    /// The dry run gave no answer in time: its Job did not start, did not end, or what was granted to it did not come into force. The message says which.
    DryRunTimedOut,
    /// What the dry run would change is too much to be shown: what nobody can read, nobody can allow.
    DiffTooLarge,
    /// `spec.rollbackOf` names an execution that cannot be undone (any more): it is gone or not over, it has no inverse, it was undone
    /// already, or the offer has expired.
    UndoUnavailable,
    /// The action, the parameters or the target are not those of the inverse that the execution of `spec.rollbackOf` has stored.
    UndoDiffers,
    /// What is to be undone is not as it was left: somebody changed it since. Whoever wants the old value all the same asks for it anew.
    TargetMovedOn,
    /// `spec.planHash` names what was shown to the requester, and the plan is another by now. He looks again: `dryRun: Plan`, or `writ run`.
    PlanChanged,
    /// Another execution has the target, and the request says not to wait (`spec.onConflict: Refuse`).
    TargetLocked,

    /// Somebody who may approve it said no. The message says who, and why.
    Rejected,
    /// The approvals that the policies want were not there in time, or it did not start in time after them.
    ApprovalExpired,
    /// The request wants to go without approvals (`spec.breakGlass`), and a policy that wants some does not open that to the requester for
    /// this action. The message says which policy, and who owns it. Without `breakGlass` it waits for the approvals.
    BreakGlassClosed,

    // ---- refused because something of ours is not in order: for the platform team
    /// The plugin broke the contract (trap, limit, answer that is not allowed).
    PluginFailed,
    /// The component that is to be asked was busy, or could not be loaded, until time was up.
    PluginUnavailable,
    /// Catalogue, policies or admission policies could not be read until time was up: look at the operator's log.
    HostNotReady,
    /// What was granted to the run did not come into force in time.
    GrantTimedOut,
    /// No policy is loaded. Nothing is allowed by silence.
    PolicyMissing,
    /// A policy came to no decision.
    PolicyUndefined,
    /// A policy gave an answer that is none: of the wrong type, with keys that mean nothing here, or without end.
    PolicyMalformed,
    /// A policy failed while it was asked: two decisions at once, or a function that failed. The message has the error.
    PolicyErrored,
    /// A policy took too long.
    PolicyTimedOut,
    /// A policy held too much memory.
    PolicyOutOfMemory,
    /// A policy was not asked: it did not pass its check and has no earlier version that did, its check is not over, or it stands still.
    /// `kubectl get executionpolicies` shows which.
    PolicyNotReady,
    /// The admission policies that stamp and protect records are not in force, or were made or changed after this object.
    AdmissionNotInForce,
    /// The guard that refuses every write of a dry run is not in force: the host asked for such a write, and it was not refused by it.
    DryRunNotGuarded,

    // ---- on the way
    /// The request or a policy wants a dry run on the server first.
    DryRunNeeded,
    /// The API server said what would change (`status.diff`), and persisted nothing. The policies are asked again, with that.
    DryRunAnswered,
    /// The plan made again has another hash: the target, the plugin's answer or the parameters' meaning moved. It is looked at anew.
    Drifted,
    /// The policies want approvals. The message says how many, of whom, until when, and how to give one.
    ApprovalNeeded,
    /// Enough people approved exactly this plan.
    Approved,
    /// It goes on without the approvals that the policies want: the requester broke the glass, and every one of them opens that to him.
    /// `status.approval` says who was not asked; a review is due afterwards (`status.review`).
    BreakGlass,
    /// What was approved is not enough any more: an approval was deleted, its giver may not approve any more, or a policy asks for more.
    /// It waits again, for what is missing.
    ApprovalWithdrawn,
    /// An `ExecutionFreeze` matches, and nothing irreversible starts while it stands. The message says who froze, why, and until when. It
    /// goes on by itself when the freeze ends; after 24 hours it is refused.
    Frozen,
    /// Another execution has the target. The message says which, and how many are served first. It goes on by itself when it is its turn;
    /// after 24 hours it is refused.
    Queued,
    /// As many executions are at work in the namespace, of this action or of this requester, as a policy allows at once. The message says which
    /// limit, and how many are served first. It goes on by itself; after 24 hours, or with `spec.onConflict: Refuse` at once, it is refused.
    LimitReached,
    /// Everything asked for is in place; the Job is created next.
    Prepared,
    /// The Job exists.
    JobSeen,
    /// Nothing of the Job started in time; it is being stopped.
    Stopping,
    /// Every command exited 0.
    JobSucceeded,

    // ---- ends
    /// The action's own checks hold: the effect is real.
    ChecksPassed,
    /// `dryRun: Plan`: planned and gated, as asked. Nothing was touched.
    PlanOnly,
    /// `dryRun: Server`: the API server would take it, and the policies allow what it would change. Nothing was touched.
    DryRunPassed,
    /// A command exited with another code than 0.
    JobFailed,
    /// The cluster refused the Job's pod.
    JobRefused,
    /// No container of the Job ever started (no node, no image): nothing was touched.
    NeverStarted,
    /// The Job was past its deadline and was ended.
    DeadlineExceeded,
    /// The checks say that the effect is not there and will not come by waiting.
    ChecksFailed,
    /// The checks were still pending when time was up.
    ChecksTimedOut,
    /// The checks could not be asked: the plugin is gone or failed.
    ChecksUnavailable,
    /// Nobody can tell what was done: look at the target.
    OutcomeUnknown,
    /// Something else has the Job's name.
    JobNameTaken,
    /// Somebody asked to stop it. `Cancelled`: nothing was done, or the run was ended. `Failed`: its commands had exited 0 by then, and the
    /// effect was not waited for.
    CancelRequested,
    /// The object was deleted; the same two cases.
    Deleted,
    /// Stopped while it ran: it may have done a part. Look at the target.
    StoppedMidway,

    // ---- after the end
    /// It failed, and its request says to undo it then (`spec.rollback.onFailure: Automatic`): the execution that `status.rollback.automatic`
    /// names is made, in the requester's name. It passes every gate as any other undo.
    RollbackStarted,
    /// The same, and that execution could not be made: its name is taken, or the API server refuses it. To undo it: `writ undo`.
    RollbackNotStarted,
    /// Another execution undid this one; `status.rollback.undoneBy` names it. The phase stays what it was.
    RolledBack,
    /// Somebody looked at what was done without approvals; `status.review` says who, and what he says. The phase stays what it was.
    Reviewed,
}
