/* Actions that only one Windows program can take on another, for windows.py. Compiled with MinGW, run under Wine.
 *   helper hold FILE         keeps FILE open, without sharing it, until standard input ends
 *   helper replace NEW OLD   moves OLD aside, even if it is open, and NEW to its place, as editors do
 *   helper over NEW OLD      renames NEW to OLD, which it replaces, as most programs do that save atomically
 *   helper short FILE        prints FILE's short (8.3) name
 *   helper steal PORT        tries to listen on a port that another program has, with SO_REUSEADDR */
#include <winsock2.h>
#include <windows.h>
#include <stdio.h>
#include <string.h>

static int fail(const char *what) { printf("%s: error %lu\n", what, GetLastError()); return 3; }

static int hold(const char *path) {
    HANDLE file = CreateFileA(path, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    if (file == INVALID_HANDLE_VALUE) return fail("CreateFile");
    puts("held"); fflush(stdout);
    while (getchar() != EOF) {}
    return 0;
}

static int steal(int port) {
    WSADATA data;
    WSAStartup(MAKEWORD(2, 2), &data);
    SOCKET socket_ = socket(AF_INET, SOCK_STREAM, 0);
    BOOL yes = TRUE;
    setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, (char *)&yes, sizeof yes);
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int failed = bind(socket_, (struct sockaddr *)&address, sizeof address) || listen(socket_, 1);
    printf("%s %d\n", failed ? "refused" : "stolen", failed ? WSAGetLastError() : 0);
    return 0;
}

int main(int argc, char **argv) {
    const char *verb = argc > 2 ? argv[1] : "";
    if (!strcmp(verb, "hold")) return hold(argv[2]);
    if (!strcmp(verb, "steal")) return steal(atoi(argv[2]));
    if (!strcmp(verb, "replace") && argc == 4) {
        char aside[MAX_PATH];
        snprintf(aside, sizeof aside, "%s.old", argv[3]);
        if (!MoveFileA(argv[3], aside)) return fail("moving the old file");
        return MoveFileA(argv[2], argv[3]) ? 0 : fail("moving the new file");
    }
    if (!strcmp(verb, "over") && argc == 4) return MoveFileExA(argv[2], argv[3], MOVEFILE_REPLACE_EXISTING) ? 0 : fail("renaming over the old file");
    if (!strcmp(verb, "short")) {
        char path[MAX_PATH];
        if (!GetShortPathNameA(argv[2], path, sizeof path)) return fail("GetShortPathName");
        puts(path);
        return 0;
    }
    return 2;
}
