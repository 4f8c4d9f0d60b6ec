// A folder lists itself, the one above, and its files and folders, in one read or in many.
#include "../check.h"

enum { LOTS = 300 };

struct listing {
    int entries, dots, files, folders;
    __wasi_inode_t file_inode;
};

// Reads the whole folder through a buffer of `size` bytes.
static struct listing list(__wasi_fd_t fd, size_t size) {
    static uint8_t buffer[65536];
    struct listing found = {0};
    __wasi_dircookie_t cookie = 0;
    for (;;) {
        __wasi_size_t used;
        OK(__wasi_fd_readdir(fd, buffer, size, cookie, &used));
        CHECK(used <= size);
        size_t at = 0, whole = 0;
        while (used - at >= sizeof(__wasi_dirent_t)) {
            __wasi_dirent_t entry;
            memcpy(&entry, buffer + at, sizeof entry);
            if (used - at - sizeof entry < entry.d_namlen) {
                break;
            }
            const char *name = (const char *)buffer + at + sizeof entry;
            CHECK(entry.d_next != cookie);
            cookie = entry.d_next;
            found.entries++;
            found.dots += (entry.d_namlen == 1 && *name == '.') || (entry.d_namlen == 2 && memcmp(name, "..", 2) == 0);
            found.files += entry.d_type == __WASI_FILETYPE_REGULAR_FILE;
            found.folders += entry.d_type == __WASI_FILETYPE_DIRECTORY && *name != '.';
            if (entry.d_namlen == 4 && memcmp(name, "file", 4) == 0) {
                found.file_inode = entry.d_ino;
            }
            at += sizeof entry + entry.d_namlen;
            whole++;
        }
        if (used < size) {
            return found;
        }
        CHECK(whole > 0);
    }
}

int main(void) {
    __wasi_fd_t dir = preopen(), fd, file;
    OK(__wasi_path_create_directory(dir, "folder.cleanup"));
    OK(open_dir(dir, "folder.cleanup", &fd));
    struct listing empty = list(fd, 4096);
    CHECK(empty.entries == empty.dots && empty.dots == 2);

    file = create(fd, "file");
    OK(__wasi_path_create_directory(fd, "below"));
    struct listing two = list(fd, 4096);
    CHECK(two.dots == 2 && two.files == 1 && two.folders == 1);
    __wasi_filestat_t stat;
    OK(__wasi_fd_filestat_get(file, &stat));
    CHECK(stat.ino == two.file_inode);

    for (int i = 0; i < LOTS; i++) {
        char name[32];
        snprintf(name, sizeof name, "one-of-many-%d", i);
        create_closed(fd, name);
    }
    // 64 bytes hold the header and the name of one.
    const size_t sizes[] = {65536, 1000, 64};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct listing all = list(fd, sizes[i]);
        CHECK(all.dots == 2 && all.files == LOTS + 1 && all.folders == 1);
    }
    __wasi_size_t used;
    uint8_t byte;
    EXPECT(__wasi_fd_readdir(file, &byte, 1, 0, &used), NO_RIGHT, NOTDIR);
    return 0;
}
