/** The front door leads to the first page. */

import { FrontDoor } from '../components/frame/front-door.tsx';

export default function FrontPage() {
  return <FrontDoor />;
}
