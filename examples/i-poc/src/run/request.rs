//! The user policy: who may do what with the instance, besides the function itself.

use anyhow::Context as _;
use serde_json::json;
use veracruz_policy::{PolicyError, Rights, UserPolicy, VfsPath};

use super::identity::Temporary;

/// Where the S3 app writes.
const DATA_FOLDER: &str = "/s3_app_input/";
/// Where the user writes key and IV.
pub(super) const SECRETS_FOLDER: &str = "/user_input/";

/// The S3 app may write the data and nothing else. The user may write the secrets, run the programs and read what comes
/// out, and nothing else: not even the data.
pub(super) fn user_policy(
    function: &str,
    instance: &str,
    user: &Temporary,
    s3_app: &Temporary,
) -> Result<UserPolicy, PolicyError> {
    let right = |name: &str, rights: Rights| json!({"file_name": name, "rights": rights.bits()});
    let text = json!({
        "function": function,
        "instanceid": instance,
        "identities": [
            {"certificate": s3_app.certificate, "file_rights": [right(DATA_FOLDER, Rights::WRITE)]},
            {
                "certificate": user.certificate,
                "file_rights": [
                    right(SECRETS_FOLDER, Rights::WRITE),
                    right("/output/", Rights::READ),
                    right("stdout", Rights::READ),
                    right("stderr", Rights::READ),
                    right("/program/", Rights::EXECUTE),
                ],
            },
        ],
    });
    UserPolicy::parse(&text.to_string())
}

/// The file that the S3 app writes: of this name, or of the last part of the object's.
pub(super) fn data_name(name: Option<&str>, object: &str) -> anyhow::Result<VfsPath> {
    let name = name.unwrap_or_else(|| object.rsplit('/').next().unwrap_or(object));
    let of_one_part = !name.is_empty() && !name.contains('/');
    let path = of_one_part.then(|| VfsPath::parse(&format!("{DATA_FOLDER}{name}")).ok()).flatten();
    path.with_context(|| format!("{name:?} cannot be a file's name in the instance; give another one by --as"))
}

#[test]
fn the_data_have_the_name_that_is_wished_or_the_last_part_of_the_objects() {
    for (name, object, path) in [
        (None, "in_enc.h264", Some("/s3_app_input/in_enc.h264")),
        (None, "camera 7/july/in_enc.h264", Some("/s3_app_input/in_enc.h264")),
        (Some("in_enc.h264"), "a/b", Some("/s3_app_input/in_enc.h264")),
        (None, "folder/", None),
        (None, "a/..", None),
        (Some("../user_input/key"), "a", None),
        (Some(""), "a", None),
    ] {
        assert_eq!(data_name(name, object).ok().as_ref().map(VfsPath::as_str), path, "{name:?} {object:?}");
    }
}
