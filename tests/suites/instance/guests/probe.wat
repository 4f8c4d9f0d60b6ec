;; Does what `/command/line` says: byte 0 the call, 1 oflags, 2 fdflags, 3 to 5 the lengths of three names (a preopened
;; directory, a path from there, a second path), 8 the rights to open with (32 bits), 12 the names.
(module
  (import "wasi_snapshot_preview1" "fd_prestat_get" (func $prestat (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_dir_name" (func $preopen_name (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_seek" (func $seek (param i32 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_readdir" (func $readdir (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_filestat_set_size" (func $set_size (param i32 i64) (result i32)))
  (import "wasi_snapshot_preview1" "path_filestat_get" (func $stat (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_create_directory" (func $mkdir (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_remove_directory" (func $rmdir (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_unlink_file" (func $unlink (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_rename" (func $rename (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 64) "/command") (data (i32.const 80) "line") (data (i32.const 96) "X")
  ;; One vector of 1024 bytes to read into, one of one byte to write from.
  (data (i32.const 112) "\00\04\00\00\00\04\00\00") (data (i32.const 120) "\60\00\00\00\01\00\00\00")
  (data (i32.const 128) "\00\10\00\00\01\00\00\00") ;; one byte to read into

  (func $check (param i32) (if (local.get 0) (then (call $exit (local.get 0)))))
  (func $byte (param i32) (result i32) (i32.load8_u (i32.add (i32.const 1024) (local.get 0))))

  (func $same (param $a i32) (param $b i32) (param $n i32) (result i32)
    (loop $next
      (if (i32.eqz (local.get $n)) (then (return (i32.const 1))))
      (if (i32.ne (i32.load8_u (local.get $a)) (i32.load8_u (local.get $b))) (then (return (i32.const 0))))
      (local.set $a (i32.add (local.get $a) (i32.const 1)))
      (local.set $b (i32.add (local.get $b) (i32.const 1)))
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br $next))
    (unreachable))

  ;; The number of the preopened directory of this name.
  (func $find (param $name i32) (param $length i32) (param $otherwise i32) (result i32) (local $fd i32)
    (local.set $fd (i32.const 3))
    (loop $next
      (if (call $prestat (local.get $fd) (i32.const 0)) (then (call $exit (local.get $otherwise))))
      (if (i32.eq (i32.load (i32.const 4)) (local.get $length))
        (then
          (call $check (call $preopen_name (local.get $fd) (i32.const 512) (local.get $length)))
          (if (call $same (i32.const 512) (local.get $name) (local.get $length)) (then (return (local.get $fd))))))
      (local.set $fd (i32.add (local.get $fd) (i32.const 1)))
      (br $next))
    (unreachable))

  (func $open (param $dir i32) (param $path i32) (param $length i32) (param $oflags i32) (param $rights i64)
    (param $fdflags i32) (result i32)
    (call $check
      (call $path_open (local.get $dir) (i32.const 0) (local.get $path) (local.get $length) (local.get $oflags)
        (local.get $rights) (i64.const 0) (local.get $fdflags) (i32.const 32)))
    (i32.load (i32.const 32)))

  (func (export "_start") (local $dir i32) (local $path i32) (local $length i32) (local $moved i32) (local $call i32)
    (local $fd i32)
    (local.set $fd
      (call $open (call $find (i32.const 64) (i32.const 8) (i32.const 200)) (i32.const 80) (i32.const 4) (i32.const 0)
        (i64.const 2) (i32.const 0)))
    (call $check (call $read (local.get $fd) (i32.const 112) (i32.const 1) (i32.const 40)))
    (local.set $call (call $byte (i32.const 0)))
    (local.set $dir (call $find (i32.const 1036) (call $byte (i32.const 3)) (i32.const 201)))
    (local.set $path (i32.add (i32.const 1036) (call $byte (i32.const 3))))
    (local.set $length (call $byte (i32.const 4)))
    (local.set $moved (i32.add (local.get $path) (local.get $length)))
    (if (i32.le_u (local.get $call) (i32.const 5))
      (then
        (local.set $fd
          (call $open (local.get $dir) (local.get $path) (local.get $length) (call $byte (i32.const 1))
            (i64.load32_u (i32.const 1032)) (call $byte (i32.const 2))))))
    (if (i32.eq (local.get $call) (i32.const 1))
      (then (call $check (call $read (local.get $fd) (i32.const 128) (i32.const 1) (i32.const 40)))))
    (if (i32.eq (local.get $call) (i32.const 2))
      (then (call $check (call $write (local.get $fd) (i32.const 120) (i32.const 1) (i32.const 40)))))
    (if (i32.eq (local.get $call) (i32.const 3))
      (then (call $check (call $seek (local.get $fd) (i64.const 1) (i32.const 0) (i32.const 40)))))
    (if (i32.eq (local.get $call) (i32.const 4))
      (then (call $check (call $readdir (local.get $fd) (i32.const 4096) (i32.const 4096) (i64.const 0) (i32.const 40)))))
    (if (i32.eq (local.get $call) (i32.const 5)) (then (call $check (call $set_size (local.get $fd) (i64.const 0)))))
    (if (i32.eq (local.get $call) (i32.const 6))
      (then (call $check (call $stat (local.get $dir) (i32.const 0) (local.get $path) (local.get $length) (i32.const 4096)))))
    (if (i32.eq (local.get $call) (i32.const 7))
      (then (call $check (call $mkdir (local.get $dir) (local.get $path) (local.get $length)))))
    (if (i32.eq (local.get $call) (i32.const 8))
      (then (call $check (call $rmdir (local.get $dir) (local.get $path) (local.get $length)))))
    (if (i32.eq (local.get $call) (i32.const 9))
      (then (call $check (call $unlink (local.get $dir) (local.get $path) (local.get $length)))))
    (if (i32.eq (local.get $call) (i32.const 10))
      (then
        (call $check
          (call $rename (local.get $dir) (local.get $path) (local.get $length) (local.get $dir) (local.get $moved)
            (call $byte (i32.const 5))))))
    (if (i32.eq (local.get $call) (i32.const 11))
      (then (call $check (call $read (i32.const 0) (i32.const 128) (i32.const 1) (i32.const 40)))))
    (if (i32.eq (local.get $call) (i32.const 12))
      (then (call $check (call $write (i32.const 1) (i32.const 120) (i32.const 1) (i32.const 40)))))
    (if (i32.eq (local.get $call) (i32.const 13))
      (then (call $check (call $write (i32.const 2) (i32.const 120) (i32.const 1) (i32.const 40)))))))
