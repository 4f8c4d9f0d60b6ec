//! What `--help` says after the flags.

/// Examples and everything that scripts rely on.
pub(super) const EXAMPLES: &str = "\
Examples:
  The owner of the program sends it:
    veracruz-client policy.json -i bob.cert.pem -k bob.key.pem --program /program/sum.wasm=sum.wasm
  The owner of the data sends it, another program's output in this case:
    make-data | veracruz-client policy.json -i alice.cert.pem -k alice.key.pem --data /input/numbers=-
  Run the program, look at what is there, and get the result without ending the instance:
    veracruz-client policy.json -i alice.cert.pem -k alice.key.pem -n \\
      --compute /program/sum.wasm --list /output --output /output/sum=sum.txt --output stdout=-
  Only verify the instance and send nothing (exit status 2, `Nothing to do`):
    veracruz-client policy.json -i alice.cert.pem -k alice.key.pem
  Try everything out on this machine, where nothing is protected:
    VERACRUZ_ALLOW_SIMULATED=1 veracruz-client policy.json …

Order, whatever the order of the flags: connect and verify; programs; data; appends; computes; pipelines; lists; results;
shutdown. A file or FIFO is opened just before its turn, after the instance was verified.

Results appear when they are complete: a file is written aside and renamed. A result that cannot be got is told with
`[warn]`, the others are still got, the instance is still shut down, and the exit status is 1.

Ctrl-C while a program runs ends the run, and the command with status 1; a second one leaves at once with 130, and the run
goes on.

Exit status: 0 done; 1 something went wrong, told on standard error after `Error:`; 2 nothing to do, or wrong use.
Standard output carries results, lists and JSON, standard error everything else.";
