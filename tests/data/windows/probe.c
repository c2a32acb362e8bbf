/* What a test asks of Windows and no program of Windows' own answers. Built with mingw by the test.
 *   probe tell CLASS MESSAGE WORD [LONG]   sends a message to the first window of that class
 *   probe icon CLASS                       how many icons the taskbar has of the first window of that class
 *   probe new-taskbar CLASS                forgets them, as a taskbar that has just begun, and tells every window of it
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

/* The icons that the taskbar has of a window; asked without a change, or taken away. */
static int icons(const char *class, DWORD message)
{
    int found = 0;
    NOTIFYICONDATAW icon = { .cbSize = sizeof icon, .hWnd = FindWindowA(class, NULL) };
    if (!icon.hWnd) return -1;
    for (icon.uID = 0; icon.uID < 64; icon.uID++) found += Shell_NotifyIconW(message, &icon) != 0;
    return found;
}

static int icon(const char *class)
{
    int found = icons(class, NIM_MODIFY);
    if (found < 0) return failed("FindWindow");
    printf("%d\n", found);
    return 0;
}

static int new_taskbar(const char *class)
{
    int forgotten = icons(class, NIM_DELETE);
    if (forgotten < 0) return failed("FindWindow");
    if (icons(class, NIM_MODIFY)) return failed("Shell_NotifyIcon");
    /* Sent to each, so that it has been heeded when this returns. */
    SendMessageTimeoutA(HWND_BROADCAST, RegisterWindowMessageA("TaskbarCreated"), 0, 0, SMTO_ABORTIFHUNG, 5000, NULL);
    printf("%d\n", forgotten);
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
    if (count == 3 && !strcmp(words[1], "icon")) return icon(words[2]);
    if (count == 3 && !strcmp(words[1], "new-taskbar")) return new_taskbar(words[2]);
    if (count == 3 && !strcmp(words[1], "access")) return access_of(words[2]);
    if (count == 3 && !strcmp(words[1], "version")) return version_of(words[2]);
    if (count == 4 && !strcmp(words[1], "ask")) return ask(words[2], words[3]);
    if (count == 4 && !strcmp(words[1], "run")) return run(words[2], words[3]);
    return 2;
}
