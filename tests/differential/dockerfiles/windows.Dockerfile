# escape=`
FROM windows AS w
SHELL ["powershell", "-Command", "$ErrorActionPreference = 'Stop';"]
RUN Write-Host a; `
    Write-Host b
COPY a.exe C:\
WORKDIR C:\app
ENV P="C:\x y;$P" Q=1
CMD ["cmd", "/S"]
