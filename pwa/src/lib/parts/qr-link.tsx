// A link to be shown or read to somebody: its address, and a QR code for their phone.

export function QrLink({ url, qr }: { url: string; qr: string }) {
  return (
    <>
      <img src={`data:image/svg+xml,${encodeURIComponent(qr)}`} alt="QR code of the link" />
      <a href={url} target="_blank" rel="noreferrer">
        {url}
      </a>
    </>
  );
}
