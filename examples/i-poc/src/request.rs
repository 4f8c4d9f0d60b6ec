//! The user policy: who may do what with the instance, besides the function itself.

use serde_json::json;
use veracruz_policy::{PolicyError, Rights, UserPolicy};

use crate::identity::Temporary;

/// Where the S3 app writes.
pub(crate) const DATA_FOLDER: &str = "/s3_app_input/";
/// Where the user writes key and IV.
pub(crate) const SECRETS_FOLDER: &str = "/user_input/";

/// The S3 app may write the data and nothing else. The user may write the secrets, run the programs and read what comes
/// out, and nothing else: not even the data.
pub(crate) fn user_policy(
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
