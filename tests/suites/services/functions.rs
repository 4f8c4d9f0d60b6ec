//! The functions that users compute with: the policy's template, filled in with the SHA-256 of the files at hand.

use std::fs;
use std::path::{Path, PathBuf};

use veracruz_policy::Sha256Digest;
use veracruz_tests::guests::guest_path;
use veracruz_tests::services::root;

/// A function: its policy's template, and its files with the places in the template where their SHA-256 belongs.
pub(crate) struct Function {
    template: PathBuf,
    files: Vec<(&'static str, PathBuf)>,
}

impl Function {
    /// A straight line through points: quick to compile and to run.
    pub(crate) fn regression() -> Self {
        let template = root().join("tests/suites/services/regression.json.in");
        Function { template, files: vec![("regression.wasm", guest_path("decrypt-linear-regression"))] }
    }

    /// Never ends.
    pub(crate) fn endless() -> Self {
        Function { files: vec![("regression.wasm", guest_path("spin"))], ..Function::regression() }
    }

    /// Ends where it must not.
    pub(crate) fn trapping() -> Self {
        Function { files: vec![("regression.wasm", guest_path("trap"))], ..Function::regression() }
    }

    /// Objects in a video, by the small network.
    pub(crate) fn video() -> Self {
        let shapes = |name| (name, root().join("examples/shapes").join(name));
        let mut files = vec![("detector.wasm", guest_path("detector"))];
        files.extend(["shapes.names", "shapes.cfg", "shapes.weights"].map(shapes));
        Function { template: root().join("examples/i-poc/function.json.in"), files }
    }

    /// The policy.
    pub(crate) fn policy(&self) -> String {
        let template = fs::read_to_string(&self.template).unwrap();
        self.files.iter().fold(template, |policy, (name, path)| {
            let hash = Sha256Digest::of(&fs::read(path).unwrap());
            policy.replace(&format!("@{name}@"), &hash.to_string())
        })
    }

    /// Puts the policy and the files into a folder, each file under a name of its own there.
    pub(crate) fn unpack(&self, folder: &Path, names: &[&str]) {
        fs::write(folder.join("function.json"), self.policy()).unwrap();
        assert_eq!(names.len(), self.files.len());
        for (name, (_, path)) in names.iter().zip(&self.files) {
            let file = folder.join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::copy(path, file).unwrap();
        }
    }
}
