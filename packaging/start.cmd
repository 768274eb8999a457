@echo off
rem Double-click: starts labserve and opens its page in the browser. Close this window to stop it.
cd /d "%~dp0"
labserve.exe --profile node --open %*
pause
