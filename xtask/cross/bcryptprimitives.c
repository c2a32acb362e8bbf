/* The one function that Rust's standard library imports from bcryptprimitives.dll, which wine 8 does not have. */
#include <windows.h>

/* RtlGenRandom */
BOOLEAN NTAPI SystemFunction036(PVOID, ULONG);

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE bytes, SIZE_T count) {
    return SystemFunction036(bytes, (ULONG)count);
}
