/* Records, in order, what a process does to the files below POWER_CUT_ROOT: recording.py compiles and reads it.
 *
 * A call on such a file and its record are one step under a lock, so that the log has the order of the disk. What is
 * not caught here (mmap, sendfile, …) shows when the folder is rebuilt from the log and compared with the real one. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { WRITE = 1, TRUNCATE, CREATE, LINK, UNLINK, RENAME, MKDIR, SYNC, MARK };

struct header { uint32_t kind, first, second, spare; uint64_t inode; int64_t offset; };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char root[PATH_MAX];
static size_t root_length;
static int log_file = -1;

#define REAL(name) static __typeof__(&name) real; if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

__attribute__((constructor)) static void begin(void) {
    const char *log_path = getenv("POWER_CUT_LOG"), *folder = getenv("POWER_CUT_ROOT");
    if (!log_path || !folder) return;
    log_file = syscall(SYS_openat, AT_FDCWD, log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    root_length = (size_t)snprintf(root, sizeof root, "%s/", folder);
}

static void note(uint32_t kind, uint64_t inode, int64_t offset, const void *first, size_t n, const char *second) {
    struct header header = {kind, (uint32_t)n, second ? (uint32_t)strlen(second) : 0, 0, inode, offset};
    struct iovec parts[] = {{&header, sizeof header}, {(void *)first, n}, {(void *)second, header.second}};
    ssize_t whole = (ssize_t)(sizeof header + n + header.second);
    if (syscall(SYS_writev, log_file, parts, 3) != whole) abort();
}

static int inside(const char *path) {
    return log_file >= 0 && path && strncmp(path, root, root_length) == 0;
}

/* Whether an open file lies below the root, also when its name is gone; its inode. */
static int tracked(int file, uint64_t *inode) {
    char link[64], path[PATH_MAX];
    struct stat about;
    if (log_file < 0) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 2);
    if (length <= 0 || fstat(file, &about)) return 0;
    path[length] = '/';  /* the root itself is one of its folders */
    path[length + 1] = 0;
    *inode = about.st_ino;
    return inside(path);
}

static uint64_t inode_of(const char *path) {
    struct stat about;
    return lstat(path, &about) ? 0 : about.st_ino;
}

/* A marker of the recorded program, at this place in the order of its writes. */
void power_cut_mark(const char *text) {
    pthread_mutex_lock(&lock);
    note(MARK, 0, 0, text, strlen(text), NULL);
    pthread_mutex_unlock(&lock);
}

static int opened(int (*real)(const char *, int, ...), const char *path, int flags, mode_t mode) {
    if (!inside(path) || !(flags & (O_CREAT | O_TRUNC))) return real(path, flags, mode);
    pthread_mutex_lock(&lock);
    uint64_t before = inode_of(path);
    int file = real(path, flags, mode), error = errno;
    if (file >= 0 && !before) note(CREATE, inode_of(path), 0, path, strlen(path), NULL);
    else if (file >= 0 && flags & O_TRUNC) note(TRUNCATE, before, 0, "", 0, NULL);
    pthread_mutex_unlock(&lock);
    errno = error;
    return file;
}

#define MODE mode_t mode = 0; if (flags & (O_CREAT | O_TMPFILE)) { va_list rest; va_start(rest, flags); mode = va_arg(rest, mode_t); va_end(rest); }
int open(const char *path, int flags, ...) { REAL(open); MODE return opened(real, path, flags, mode); }
int open64(const char *path, int flags, ...) { REAL(open64); MODE return opened(real, path, flags, mode); }

/* One step: the call, and its record if it succeeded. */
#define STEP(TYPE, CALL, GOOD, NOTE) \
    pthread_mutex_lock(&lock); TYPE result = CALL; int error = errno; if (GOOD) NOTE; \
    pthread_mutex_unlock(&lock); errno = error; return result

ssize_t write(int file, const void *data, size_t size) {
    REAL(write);
    uint64_t inode;
    if (!tracked(file, &inode)) return real(file, data, size);
    STEP(ssize_t, real(file, data, size), result > 0,
         note(WRITE, inode, lseek(file, 0, SEEK_CUR) - result, data, (size_t)result, NULL));
}

#define PWRITE(name, offset_type) \
    ssize_t name(int file, const void *data, size_t size, offset_type offset) { \
        REAL(name); uint64_t inode; \
        if (!tracked(file, &inode)) return real(file, data, size, offset); \
        STEP(ssize_t, real(file, data, size, offset), result > 0, note(WRITE, inode, offset, data, (size_t)result, NULL)); }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

#define FTRUNCATE(name, size_type) \
    int name(int file, size_type size) { \
        REAL(name); uint64_t inode; \
        if (!tracked(file, &inode)) return real(file, size); \
        STEP(int, real(file, size), result == 0, note(TRUNCATE, inode, size, "", 0, NULL)); }
FTRUNCATE(ftruncate, off_t)
FTRUNCATE(ftruncate64, off64_t)

#define FSYNC(name) \
    int name(int file) { \
        REAL(name); uint64_t inode; \
        if (!tracked(file, &inode)) return real(file); \
        STEP(int, real(file), result == 0, note(SYNC, inode, 0, "", 0, NULL)); }
FSYNC(fsync)
FSYNC(fdatasync)

int rename(const char *from, const char *to) {
    REAL(rename);
    if (!inside(from) && !inside(to)) return real(from, to);
    STEP(int, real(from, to), result == 0, note(RENAME, inode_of(to), 0, from, strlen(from), to));
}

int link(const char *from, const char *to) {
    REAL(link);
    if (!inside(to)) return real(from, to);
    STEP(int, real(from, to), result == 0, note(LINK, inode_of(to), 0, to, strlen(to), NULL));
}

int unlink(const char *path) {
    REAL(unlink);
    if (!inside(path)) return real(path);
    STEP(int, real(path), result == 0, note(UNLINK, 0, 0, path, strlen(path), NULL));
}

int mkdir(const char *path, mode_t mode) {
    REAL(mkdir);
    if (!inside(path)) return real(path, mode);
    STEP(int, real(path, mode), result == 0, note(MKDIR, inode_of(path), 0, path, strlen(path), NULL));
}
