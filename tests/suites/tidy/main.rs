//! The house rules, as tests.
//!
//! Each rule is a function from what it looks at to the violations that it finds, next to a test that breaks it on a
//! small bad example; the tests of this file hold every rule against the tree. It reads the checkout and asks cargo; it
//! never builds, writes or downloads anything.
//!
//! | module | what its rules look at |
//! |---|---|
//! | [`arrows`] | which crate may use which: `cargo metadata` and `cargo tree` against the table of `docs/ARCHITECTURE.md` |
//! | [`code`] | tokens of Rust files: `unsafe`, sleeps, statics, clocks, attributes |
//! | [`files`] | names, sizes, first lines, private keys, machine paths |
//! | [`manifests`] | `Cargo.toml` files: lints, reasons |

mod arrows;
mod code;
mod files;
mod manifests;
mod tree;

use tree::{Source, Tree};

/// A rule about one file: its name in messages, and the function that judges.
type FileRule = (&'static str, fn(&Source) -> Vec<String>);

const FILE_RULES: &[FileRule] = &[
    ("a Rust file stays below its line limit", files::line_limit),
    ("a Rust file of a crate starts with what it is for", files::starts_with_docs),
    ("no file or folder is called utils, common, misc or helpers", files::telling_names),
    ("no private key is checked in", files::no_private_key),
    ("no path of one machine is written down", files::no_machine_path),
    ("no mark of unfinished work", files::no_unfinished_mark),
    ("lib.rs has docs and exports only", code::lib_has_no_functions),
    ("unsafe only in the modules named for it, each with its SAFETY comment", code::unsafe_is_contained),
    ("no unfinished or switched-off code", code::no_unfinished_code),
    ("expect with a reason, never allow", code::no_allow_attribute),
    ("cfg(feature), never cfg(features)", code::no_misspelt_feature),
    ("tests do not sleep", code::no_sleep_in_tests),
    ("no statics", code::no_statics),
    ("pure crates use no clock, network or runtime", code::pure_crates_stay_pure),
];

#[test]
fn every_file_follows_every_rule() -> anyhow::Result<()> {
    let tree = Tree::read()?;
    let mut found = Vec::new();
    for (name, rule) in FILE_RULES {
        for source in &tree.files {
            found.extend(rule(source).into_iter().map(|what| format!("{}: {what} [{name}]", source.path)));
        }
    }
    assert!(found.is_empty(), "the house rules (CONTRIBUTING.md) are broken:\n{}", found.join("\n"));
    Ok(())
}

#[test]
fn the_walk_sees_the_tree() -> anyhow::Result<()> {
    let tree = Tree::read()?;
    for expected in ["Cargo.toml", "README.md", "veracruz-policy/src/lib.rs", "tests/suites/tidy/main.rs"] {
        assert!(tree.files.iter().any(|f| f.path == expected), "{expected} was not read, so no rule looks at it");
    }
    Ok(())
}

#[test]
fn every_member_lives_in_a_room_and_gives_its_reason() -> anyhow::Result<()> {
    let tree = Tree::read()?;
    let members = arrows::members()?;
    let mut found = manifests::members_without_reason(tree.text_of("Cargo.toml")?);
    for member in &members {
        found.extend(files::outside_the_rooms(&member.folder));
        let manifest = format!("{}/Cargo.toml", member.folder);
        if !manifests::takes_workspace_lints(tree.text_of(&manifest)?) {
            found.push(format!("{manifest}: add `[lints]` with `workspace = true`"));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    Ok(())
}

#[test]
fn crates_use_only_the_crates_that_their_row_allows() -> anyhow::Result<()> {
    let found: Vec<_> = arrows::members()?.iter().flat_map(arrows::forbidden_own_crates).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
    Ok(())
}

#[test]
fn crates_do_not_reach_what_their_row_forbids() -> anyhow::Result<()> {
    let mut found = Vec::new();
    for reach in arrows::REACH {
        found.extend(arrows::forbidden_externals(reach, &arrows::reached_by(reach)?));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    Ok(())
}

#[test]
fn every_member_has_its_row_in_both_tables() -> anyhow::Result<()> {
    let found: Vec<_> = arrows::members()?.iter().flat_map(arrows::missing_rows).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
    Ok(())
}
