//! `/function/N/program` and `/function/N/data_file`, row by row. Both kinds of files have the same rows.

use serde_json::json;

use crate::cases::{Case, cases};
use crate::documents::{
    NAMES, NAMES_CONTENT, PROGRAM, PROGRAM_CONTENT, WEIGHTS, WEIGHTS_CONTENT, base64, digest, function,
};
use crate::http::Answer;
use crate::world::World;

pub(super) const CASES: &[Case] = cases![
    ccfaas_get_program_200,
    ccfaas_get_program_200_unknown_function,
    ccfaas_post_program_b_200,
    ccfaas_post_program_b_404_function,
    ccfaas_post_program_b_404_program,
    ccfaas_post_program_b_400_exists,
    ccfaas_post_program_b_400_hash,
    ccfaas_post_program_b_400_too_large,
    ccfaas_get_program_b_200,
    ccfaas_get_program_b_404,
    ccfaas_delete_program_b_200,
    ccfaas_delete_program_b_404,
    ccfaas_get_data_file_200,
    ccfaas_get_data_file_200_unknown_function,
    ccfaas_post_data_file_b_200,
    ccfaas_post_data_file_b_404_function,
    ccfaas_post_data_file_b_404_data_file,
    ccfaas_post_data_file_b_400_exists,
    ccfaas_post_data_file_b_400_hash,
    ccfaas_post_data_file_b_400_too_large,
    ccfaas_get_data_file_b_200,
    ccfaas_get_data_file_b_404,
    ccfaas_delete_data_file_b_200,
    ccfaas_delete_data_file_b_404,
];

/// One kind of files, and one file of that kind.
pub(super) struct Kind {
    pub(super) route: &'static str,
    list: &'static str,
    /// What sentences call it.
    word: &'static str,
    pub(super) file: &'static str,
    pub(super) content: &'static [u8],
    loaded: &'static str,
    /// Bytes that are too many, as published.
    limit: usize,
}

pub(super) const PROGRAMS: Kind = Kind {
    route: "program",
    list: "programs",
    word: "programn",
    file: PROGRAM,
    content: PROGRAM_CONTENT,
    loaded: "function loaded!",
    limit: 10_000_000,
};

pub(super) const DATA_FILES: Kind = Kind {
    route: "data_file",
    list: "data_files",
    word: "data_file",
    file: NAMES,
    content: NAMES_CONTENT,
    loaded: "data_file /program_data/coco.names loaded!",
    limit: 300_000_000,
};

/// A function without any file, and one kind of its files.
pub(super) struct Files<'w> {
    pub(super) world: &'w World,
    pub(super) kind: &'static Kind,
    pub(super) function: String,
}

impl<'w> Files<'w> {
    pub(super) fn new(world: &'w World, kind: &'static Kind) -> Self {
        let name = world.name("function");
        assert_eq!(world.ccfaas.post("/function", &function(&name)).status, 200);
        Files { world, kind, function: name }
    }

    pub(super) fn path(&self) -> String {
        format!("/function/{}/{}/{}", self.function, self.kind.route, base64(self.kind.file))
    }

    pub(super) fn load(&self) -> Answer {
        self.world.ccfaas.post_raw(&self.path(), self.kind.content)
    }

    #[track_caller]
    pub(super) fn loads(&self) {
        self.load().says(self.kind.loaded);
    }

    /// Names in base64, as the list has them.
    #[track_caller]
    pub(super) fn has(&self, files: &[&str]) {
        let list = self.world.ccfaas.get(&format!("/function/{}/{}", self.function, self.kind.route));
        let names: Vec<_> = files.iter().map(base64).collect();
        assert_eq!(list.object(&[self.kind.list])[self.kind.list], json!(names));
    }

    fn lists(&self) {
        self.has(&[]);
        self.loads();
        self.has(&[self.kind.file]);
    }

    fn of_unknown_function(&self) {
        let list = self.world.ccfaas.get(&format!("/function/nobody/{}", self.kind.route));
        assert_eq!(list.object(&[self.kind.list])[self.kind.list], json!([]));
    }

    fn unknown_function(&self) {
        let path = format!("/function/nobody/{}/{}", self.kind.route, base64(self.kind.file));
        self.world.ccfaas.post_raw(&path, self.kind.content).refused_saying(
            404,
            "function-not-found",
            "function nobody not found",
        );
    }

    fn undeclared(&self) {
        let path = format!("/function/{}/{}/{}", self.function, self.kind.route, base64("/other"));
        let words = format!("does not exist on function {}", self.function);
        self.world.ccfaas.post_raw(&path, self.kind.content).refused_saying(404, "file-not-declared", &words);
    }

    fn twice(&self) {
        self.loads();
        self.load().refused_saying(400, "file-exists", "already exists");
        self.has(&[self.kind.file]);
    }

    fn other_content(&self) {
        let answer = self.world.ccfaas.post_raw(&self.path(), "other");
        answer.refused_saying(400, "hash-mismatch", "does not match function description");
        answer.refused_saying(400, "hash-mismatch", &digest(b"other"));
        self.has(&[]);
    }

    fn shown(&self) {
        self.loads();
        let Kind { word, file, .. } = self.kind;
        let function = &self.function;
        self.world.ccfaas.get(&self.path()).says(&format!("{word} {file} is loaded in function {function}"));
    }

    fn not_shown(&self) {
        self.world.ccfaas.get(&self.path()).refused_saying(404, "file-not-loaded", "is not loaded");
    }

    fn deleted(&self) {
        self.loads();
        let Kind { word, file, .. } = self.kind;
        let function = &self.function;
        self.world.ccfaas.delete(&self.path()).says(&format!("{word} {file} is deleted from function {function}"));
        self.has(&[]);
        self.world.ccfaas.get(&self.path()).refused(404, "file-not-loaded");
        self.loads();
    }

    fn not_deleted(&self) {
        self.world.ccfaas.delete(&self.path()).refused(404, "file-not-loaded");
        self.world.ccfaas.delete("/function/nobody/program/eA==").refused(404, "function-not-found");
    }

    /// As curl sends it: the answer comes before a byte of the body does. One byte less is welcome.
    fn too_large(&self) {
        let head = |length: usize| {
            format!(
                "POST {} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\
                 expect: 100-continue\r\nconnection: close\r\n\r\n",
                self.path()
            )
        };
        let (status, answer) = self.world.ccfaas.cut(&[head(self.kind.limit).as_bytes()]);
        assert_eq!(status, 400, "{answer}");
        assert!(answer.contains("application/problem+json") && answer.contains("\"file-too-large\""), "{answer}");
        assert_eq!(self.world.ccfaas.cut(&[head(self.kind.limit - 1).as_bytes()]).0, 100);
        self.has(&[]);
        self.loads();
    }
}

fn ccfaas_get_program_200(world: &World) {
    Files::new(world, &PROGRAMS).lists();
}

fn ccfaas_get_program_200_unknown_function(world: &World) {
    Files::new(world, &PROGRAMS).of_unknown_function();
}

fn ccfaas_post_program_b_200(world: &World) {
    Files::new(world, &PROGRAMS).loads();
}

fn ccfaas_post_program_b_404_function(world: &World) {
    Files::new(world, &PROGRAMS).unknown_function();
}

fn ccfaas_post_program_b_404_program(world: &World) {
    let files = Files::new(world, &PROGRAMS);
    files.undeclared();
    // A data file is no program.
    let path = format!("/function/{}/program/{}", files.function, base64(NAMES));
    world.ccfaas.post_raw(&path, NAMES_CONTENT).refused(404, "file-not-declared");
}

fn ccfaas_post_program_b_400_exists(world: &World) {
    Files::new(world, &PROGRAMS).twice();
}

fn ccfaas_post_program_b_400_hash(world: &World) {
    Files::new(world, &PROGRAMS).other_content();
}

fn ccfaas_post_program_b_400_too_large(world: &World) {
    Files::new(world, &PROGRAMS).too_large();
}

fn ccfaas_get_program_b_200(world: &World) {
    Files::new(world, &PROGRAMS).shown();
}

fn ccfaas_get_program_b_404(world: &World) {
    Files::new(world, &PROGRAMS).not_shown();
}

fn ccfaas_delete_program_b_200(world: &World) {
    Files::new(world, &PROGRAMS).deleted();
}

fn ccfaas_delete_program_b_404(world: &World) {
    Files::new(world, &PROGRAMS).not_deleted();
}

fn ccfaas_get_data_file_200(world: &World) {
    let files = Files::new(world, &DATA_FILES);
    files.lists();
    let path = format!("/function/{}/data_file/{}", files.function, base64(WEIGHTS));
    world.ccfaas.post_raw(&path, WEIGHTS_CONTENT).says("data_file /program_data/yolov3.weights loaded!");
    files.has(&[NAMES, WEIGHTS]);
}

fn ccfaas_get_data_file_200_unknown_function(world: &World) {
    Files::new(world, &DATA_FILES).of_unknown_function();
}

fn ccfaas_post_data_file_b_200(world: &World) {
    Files::new(world, &DATA_FILES).loads();
}

fn ccfaas_post_data_file_b_404_function(world: &World) {
    Files::new(world, &DATA_FILES).unknown_function();
}

fn ccfaas_post_data_file_b_404_data_file(world: &World) {
    Files::new(world, &DATA_FILES).undeclared();
}

fn ccfaas_post_data_file_b_400_exists(world: &World) {
    Files::new(world, &DATA_FILES).twice();
}

fn ccfaas_post_data_file_b_400_hash(world: &World) {
    Files::new(world, &DATA_FILES).other_content();
}

fn ccfaas_post_data_file_b_400_too_large(world: &World) {
    Files::new(world, &DATA_FILES).too_large();
}

fn ccfaas_get_data_file_b_200(world: &World) {
    Files::new(world, &DATA_FILES).shown();
}

fn ccfaas_get_data_file_b_404(world: &World) {
    Files::new(world, &DATA_FILES).not_shown();
}

fn ccfaas_delete_data_file_b_200(world: &World) {
    Files::new(world, &DATA_FILES).deleted();
}

fn ccfaas_delete_data_file_b_404(world: &World) {
    Files::new(world, &DATA_FILES).not_deleted();
}
