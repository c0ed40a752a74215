/** The front door leads to the first page: a static document without a script. */

const FIRST_PAGE = '/overview';

export default function FrontPage() {
  return (
    <main className="lonely">
      <meta httpEquiv="refresh" content={`0; url=${FIRST_PAGE}`} />
      <h1 className="page-title">Muster</h1>
      <p>
        <a href={FIRST_PAGE}>Overview</a>
      </p>
    </main>
  );
}
