/* What a test asks of Windows and no program of Windows' own answers. Built with mingw by the test.
 *   probe tell CLASS MESSAGE WORD [LONG]   sends a message to the first window of that class
 *   probe access PATH                      the access list of a pipe or a file, as SDDL
 *   probe version PATH                     what a program file says of itself: name, version, number of icons
 *   probe ask PIPE COMMAND                 the answer of the resident program to a command, as one line of JSON
 *   probe run PROGRAM ARGUMENTS            runs it hidden and waits, as MicroSIP does: exit code and microseconds
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>
#include <sddl.h>
#include <shellapi.h>

static int failed(const char *what)
{
    fprintf(stderr, "%s: error %lu\n", what, GetLastError());
    return 1;
}

static int tell(int count, char **words)
{
    HWND window = FindWindowA(words[0], NULL);
    if (!window) return failed("FindWindow");
    LPARAM more = count > 3 ? strtoll(words[3], NULL, 0) : 0;
    LRESULT said = SendMessageA(window, strtoul(words[1], NULL, 0), strtoul(words[2], NULL, 0), more);
    printf("%lld\n", (long long)said);
    return 0;
}

static int access_of(const char *path)
{
    HANDLE handle = CreateFileA(path, READ_CONTROL, 0, NULL, OPEN_EXISTING, 0, NULL);
    if (handle == INVALID_HANDLE_VALUE) return failed("CreateFile");
    char buffer[4096];
    DWORD needed;
    if (!GetKernelObjectSecurity(handle, DACL_SECURITY_INFORMATION, buffer, sizeof buffer, &needed))
        return failed("GetKernelObjectSecurity");
    char *text;
    if (!ConvertSecurityDescriptorToStringSecurityDescriptorA(buffer, SDDL_REVISION_1, DACL_SECURITY_INFORMATION, &text,
                                                              NULL))
        return failed("ConvertSecurityDescriptorToStringSecurityDescriptor");
    printf("%s\n", text);
    return 0;
}

static const char *word_of(const void *block, const char *name)
{
    char path[128];
    char *text;
    WORD *language;
    UINT length;
    if (!VerQueryValueA(block, "\\VarFileInfo\\Translation", (void **)&language, &length)) return "?";
    snprintf(path, sizeof path, "\\StringFileInfo\\%04x%04x\\%s", language[0], language[1], name);
    return VerQueryValueA(block, path, (void **)&text, &length) ? text : "?";
}

static int version_of(const char *path)
{
    char block[8192];
    if (!GetFileVersionInfoA(path, 0, sizeof block, block)) return failed("GetFileVersionInfo");
    printf("%s %s %u\n", word_of(block, "ProductName"), word_of(block, "ProductVersion"),
           ExtractIconExA(path, -1, NULL, NULL, 0));
    return 0;
}

static int ask(const char *pipe, const char *command)
{
    static char lines[1 << 17];
    DWORD moved, length = 0;
    HANDLE handle = CreateFileA(pipe, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    if (handle == INVALID_HANDLE_VALUE) return failed("CreateFile");
    snprintf(lines, sizeof lines, "{\"hello\":{\"protocol\":1}}\n{\"id\":1,\"command\":%s}\n", command);
    if (!WriteFile(handle, lines, strlen(lines), &moved, NULL)) return failed("WriteFile");
    /* The greeting, and whatever else is told before the answer, go by. */
    for (;;) {
        if (length == sizeof lines - 1 || !ReadFile(handle, lines + length, 1, &moved, NULL)) return failed("ReadFile");
        if (lines[length++] != '\n') continue;
        lines[length] = 0;
        if (strstr(lines, "\"id\":1")) break;
        length = 0;
    }
    fputs(lines, stdout);
    CloseHandle(handle);
    return 0;
}

static int run(const char *program, const char *arguments)
{
    char line[4096];
    STARTUPINFOA start = { .cb = sizeof start, .dwFlags = STARTF_USESHOWWINDOW, .wShowWindow = SW_HIDE };
    PROCESS_INFORMATION process;
    LARGE_INTEGER begun, ended, second;
    DWORD code;
    snprintf(line, sizeof line, "\"%s\" %s", program, arguments);
    QueryPerformanceFrequency(&second);
    QueryPerformanceCounter(&begun);
    if (!CreateProcessA(program, line, NULL, NULL, FALSE, CREATE_NO_WINDOW, NULL, NULL, &start, &process))
        return failed("CreateProcess");
    WaitForSingleObject(process.hProcess, INFINITE);
    QueryPerformanceCounter(&ended);
    GetExitCodeProcess(process.hProcess, &code);
    printf("%lu %lld\n", code, (ended.QuadPart - begun.QuadPart) * 1000000 / second.QuadPart);
    return 0;
}

int main(int count, char **words)
{
    if (count >= 5 && !strcmp(words[1], "tell")) return tell(count - 2, words + 2);
    if (count == 3 && !strcmp(words[1], "access")) return access_of(words[2]);
    if (count == 3 && !strcmp(words[1], "version")) return version_of(words[2]);
    if (count == 4 && !strcmp(words[1], "ask")) return ask(words[2], words[3]);
    if (count == 4 && !strcmp(words[1], "run")) return run(words[2], words[3]);
    return 2;
}
