; The setup program for one person: no administrator is needed, nothing outside their own folders and their own part of
; the registry is touched. `cargo xtask package` calls makensis with VERSION, NUMBERS, PROGRAMS (a folder), ICON, PICTURE
; and OUT; with QUICK what comes out is larger and sooner there, for tests.
;
; Silent: Offhook-VERSION-setup.exe /S [/AUTOSTART=1] [/D=C:\a\folder], and "Uninstall Offhook.exe" /S.

; The default is a 32-bit stub, which is no use on a Windows without 32-bit programs.
Target amd64-unicode
!ifdef QUICK
  SetCompressor zlib
!else
  SetCompressor /SOLID lzma
!endif

!include MUI2.nsh
!include FileFunc.nsh
!include LogicLib.nsh

!define RUN "Software\Microsoft\Windows\CurrentVersion\Run"
!define APPROVED "Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run"
!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\Offhook"
; What names a notification's sender, for programs without a package.
!define SENDER "Software\Classes\AppUserModelId\Offhook"
; Where the setup of WebView2 writes its version (Microsoft: "Distribute your app and the WebView2 Runtime").
!define WEBVIEW "Microsoft\EdgeUpdate\Clients\{F3017226-FE2A-4295-8BDF-00C3A9A7E4C5}"
!define WEBVIEW_PAGE "https://go.microsoft.com/fwlink/p/?LinkId=2124703"

Name "Offhook"
OutFile "${OUT}"
RequestExecutionLevel user
InstallDir "$LOCALAPPDATA\Programs\Offhook"
InstallDirRegKey HKCU "${UNINSTALL}" "InstallLocation"
BrandingText "Offhook ${VERSION}"
ShowInstDetails nevershow
ShowUninstDetails nevershow

VIProductVersion "${NUMBERS}"
VIAddVersionKey ProductName "Offhook"
VIAddVersionKey FileDescription "Offhook Setup"
VIAddVersionKey FileVersion "${VERSION}"
VIAddVersionKey ProductVersion "${VERSION}"
VIAddVersionKey CompanyName "Offhook"
VIAddVersionKey LegalCopyright "MIT OR Apache-2.0"

!define MUI_ICON "${ICON}"
!define MUI_UNICON "${ICON}"
!define MUI_ABORTWARNING
!insertmacro MUI_PAGE_WELCOME
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_COMPONENTS
!insertmacro MUI_PAGE_INSTFILES
!define MUI_FINISHPAGE_RUN "$INSTDIR\offhook.exe"
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
; The first one is what a language without words of ours gets.
!insertmacro MUI_LANGUAGE English
!insertmacro MUI_LANGUAGE German

LangString PROGRAM ${LANG_ENGLISH} "Offhook"
LangString PROGRAM ${LANG_GERMAN} "Offhook"
LangString AT_SIGN_IN ${LANG_ENGLISH} "Start when I sign in"
LangString AT_SIGN_IN ${LANG_GERMAN} "Bei der Anmeldung starten"
LangString RUNNING ${LANG_ENGLISH} "Offhook is still running and could not be ended. End it with its icon beside the clock, then press Retry."
LangString RUNNING ${LANG_GERMAN} "Offhook läuft noch und ließ sich nicht beenden. Beenden Sie es über sein Symbol neben der Uhr, und wählen Sie dann Wiederholen."
LangString NO_WEBVIEW ${LANG_ENGLISH} "The window of Offhook needs the Microsoft Edge WebView2 Runtime, which this computer does not have. The icon beside the clock works without it.$\n$\nOpen Microsoft's download page now?"
LangString NO_WEBVIEW ${LANG_GERMAN} "Das Fenster von Offhook braucht die Microsoft Edge WebView2 Runtime, die auf diesem Computer fehlt. Das Symbol neben der Uhr funktioniert auch ohne sie.$\n$\nJetzt die Download-Seite von Microsoft öffnen?"

; Offhook is asked to end, which puts phone and Teams back, and waited for until its file can be replaced.
!macro END_OFFHOOK prefix
Function ${prefix}EndOffhook
  Push $0
  Push $1
  ${If} ${FileExists} "$INSTDIR\offhook.exe"
  again:
    nsExec::Exec '"$INSTDIR\offhookctl.exe" quit'
    Pop $0
    StrCpy $1 0
    ${Do}
      ClearErrors
      FileOpen $0 "$INSTDIR\offhook.exe" a
      ${IfNot} ${Errors}
        FileClose $0
        ${ExitDo}
      ${EndIf}
      IntOp $1 $1 + 1
      ${If} $1 > 40
        MessageBox MB_RETRYCANCEL|MB_ICONEXCLAMATION "$(RUNNING)" /SD IDCANCEL IDRETRY again
        SetErrorLevel 1
        Abort
      ${EndIf}
      Sleep 250
    ${Loop}
  ${EndIf}
  Pop $1
  Pop $0
FunctionEnd
!macroend
!insertmacro END_OFFHOOK ""
!insertmacro END_OFFHOOK "un."

Section "$(PROGRAM)" MAIN
  SectionIn RO
  Call EndOffhook
  SetOutPath "$INSTDIR"
  File "${PROGRAMS}\offhook.exe"
  File "${PROGRAMS}\offhookctl.exe"
  File "${PROGRAMS}\offhook-window.exe"
  File "${PROGRAMS}\WebView2Loader.dll"
  File "/oname=offhook.png" "${PICTURE}"
  WriteUninstaller "$INSTDIR\Uninstall Offhook.exe"
  CreateShortcut "$SMPROGRAMS\Offhook.lnk" "$INSTDIR\offhook.exe"
  WriteRegStr HKCU "${SENDER}" "DisplayName" "Offhook"
  WriteRegStr HKCU "${SENDER}" "IconUri" "$INSTDIR\offhook.png"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayName" "Offhook"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayIcon" "$INSTDIR\offhook.exe"
  WriteRegStr HKCU "${UNINSTALL}" "Publisher" "Offhook"
  WriteRegStr HKCU "${UNINSTALL}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKCU "${UNINSTALL}" "UninstallString" '"$INSTDIR\Uninstall Offhook.exe"'
  WriteRegStr HKCU "${UNINSTALL}" "QuietUninstallString" '"$INSTDIR\Uninstall Offhook.exe" /S'
  WriteRegDWORD HKCU "${UNINSTALL}" "NoModify" 1
  WriteRegDWORD HKCU "${UNINSTALL}" "NoRepair" 1
  ${GetSize} "$INSTDIR" "/S=0K" $0 $1 $2
  WriteRegDWORD HKCU "${UNINSTALL}" "EstimatedSize" $0
SectionEnd

; Off unless somebody wants it; what is there from before stays as it is.
Section /o "$(AT_SIGN_IN)" AUTOSTART
  WriteRegStr HKCU "${RUN}" "Offhook" '"$INSTDIR\offhook.exe" --minimised'
SectionEnd

Section "-webview"
  ReadRegStr $0 HKLM "SOFTWARE\WOW6432Node\${WEBVIEW}" "pv"
  ${If} $0 == ""
    ReadRegStr $0 HKCU "Software\${WEBVIEW}" "pv"
  ${EndIf}
  ${If} $0 == ""
  ${OrIf} $0 == "0.0.0.0"
    MessageBox MB_YESNO|MB_ICONINFORMATION "$(NO_WEBVIEW)" /SD IDNO IDNO no_download
    ExecShell "open" "${WEBVIEW_PAGE}"
  no_download:
  ${EndIf}
SectionEnd

Function .onInit
  ${GetParameters} $0
  ClearErrors
  ${GetOptions} $0 "/AUTOSTART=" $1
  ${If} $1 == "1"
    SectionSetFlags ${AUTOSTART} ${SF_SELECTED}
  ${EndIf}
FunctionEnd

Section "un.Offhook"
  Call un.EndOffhook
  Delete "$INSTDIR\offhook.exe"
  Delete "$INSTDIR\offhookctl.exe"
  Delete "$INSTDIR\offhook-window.exe"
  Delete "$INSTDIR\WebView2Loader.dll"
  Delete "$INSTDIR\offhook.png"
  Delete "$INSTDIR\Uninstall Offhook.exe"
  RMDir "$INSTDIR"
  Delete "$SMPROGRAMS\Offhook.lnk"
  ReadRegStr $0 HKCU "${RUN}" "Offhook"
  StrLen $1 '"$INSTDIR\offhook.exe"'
  StrCpy $2 $0 $1
  ${If} $2 == '"$INSTDIR\offhook.exe"'
    DeleteRegValue HKCU "${RUN}" "Offhook"
    DeleteRegValue HKCU "${APPROVED}" "Offhook"
  ${EndIf}
  DeleteRegKey HKCU "${SENDER}"
  DeleteRegKey HKCU "${UNINSTALL}"
SectionEnd
