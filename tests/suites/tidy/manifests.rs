//! Rules about `Cargo.toml` files, read as text: a reason is a comment, and parsers drop comments.

/// Members of the root manifest that stand without a one-line reason behind them.
pub(crate) fn members_without_reason(manifest: &str) -> Vec<String> {
    let list = manifest.split_once("members = [").and_then(|(_, rest)| rest.split_once("\n]")).map(|(list, _)| list);
    let Some(list) = list else {
        return vec!["Cargo.toml: write `members = [`, one line a member".to_owned()];
    };
    let lines = list.lines().map(str::trim).filter(|line| line.starts_with('"'));
    let bare = lines.filter(|line| line.split_once('#').is_none_or(|(_, reason)| reason.trim().is_empty()));
    bare.map(|line| format!("Cargo.toml: give {line} its reason as a comment")).collect()
}

/// Whether the crate takes the lints of the workspace.
pub(crate) fn takes_workspace_lints(manifest: &str) -> bool {
    let mut lines = manifest.lines().map(str::trim);
    lines.by_ref().any(|line| line == "[lints]") && lines.next() == Some("workspace = true")
}

#[test]
fn a_member_without_its_reason_is_found() {
    let manifest = "members = [\n    \"a\", # leaf\n    \"b\",\n    \"c\", #\n]\nexclude = [\"fuzz\"]\n";
    assert_eq!(members_without_reason(manifest).len(), 2);
    assert_eq!(members_without_reason("[workspace]\n").len(), 1);
}

#[test]
fn a_manifest_without_lints_is_found() {
    assert!(takes_workspace_lints("[package]\n\n[lints]\nworkspace = true\n"));
    assert!(!takes_workspace_lints("[package]\n\n[lints]\n"));
    assert!(!takes_workspace_lints("[package]\nworkspace = true\n"));
}
